#include "codec/kernel/ulp.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include "codec/kernel/rans.hpp"
#include "codec/kernel/token.hpp"

using namespace bitx::codec::kernel;

namespace {

template <typename T>
const std::byte* bytes(const std::vector<T>& elements) {
    return reinterpret_cast<const std::byte*>(elements.data());
}

template <typename T>
std::vector<std::uint32_t> differences(NumberFormat format, const std::vector<T>& elements,
                                       const std::vector<T>& base,
                                       std::vector<std::uint32_t>* low = nullptr) {
    std::vector<std::uint32_t> out(elements.size());
    std::vector<std::uint32_t> unused(elements.size());
    ulp_difference(format, bytes(elements), bytes(base), elements.size(), out.data(),
                   (low == nullptr ? unused : *low).data());
    return out;
}

template <typename T>
void check_round_trip(NumberFormat format, const std::vector<T>& elements, const std::vector<T>& base) {
    std::vector<std::uint32_t> low(elements.size());
    const auto z = differences(format, elements, base, &low);
    std::vector<T> back(elements.size());
    ulp_apply(format, z.data(), low.data(), bytes(base), back.size(),
              reinterpret_cast<std::byte*>(back.data()));
    CHECK(back == elements);
}

constexpr NumberFormat f64{64, 52, 11};
constexpr NumberFormat f32{32, 23, 8};
constexpr NumberFormat bf16{16, 7, 8};
constexpr NumberFormat e4m3{8, 3, 4};
constexpr NumberFormat i16{16, 0, 0};

std::vector<std::uint32_t> f32_differences(const std::vector<float>& elements,
                                           const std::vector<float>& base) {
    const auto bits = [](const std::vector<float>& floats) {
        std::vector<std::uint32_t> out;
        for (const float f : floats) out.push_back(std::bit_cast<std::uint32_t>(f));
        return out;
    };
    return differences(f32, bits(elements), bits(base));
}

}  // namespace

TEST_CASE("a difference counts units in the last place, positive where the magnitude grew") {
    const float one_up = std::nextafter(1.0F, 2.0F);
    CHECK(f32_differences({1.0F, one_up, 1.0F, -one_up, -1.0F}, {1.0F, 1.0F, one_up, -1.0F, -one_up}) ==
          std::vector<std::uint32_t>{0, 2, 1, 2, 1});
}

TEST_CASE("small numbers of different sign are near each other; -0 and 0 are one apart") {
    const float tiny = std::numeric_limits<float>::denorm_min();
    CHECK(f32_differences({-0.0F, 0.0F, -tiny}, {0.0F, -0.0F, tiny}) == std::vector<std::uint32_t>{1, 1, 5});
}

TEST_CASE("integers differ plainly, modulo their width") {
    using V = std::vector<std::uint16_t>;
    CHECK(differences(i16, V{5, 3, 0x8000, 0xffff}, V{3, 5, 0x7fff, 0}) ==
          std::vector<std::uint32_t>{4, 3, 2, 1});
}

TEST_CASE("every 8-bit element comes back from every base") {
    for (const NumberFormat format : {e4m3, NumberFormat{8, 2, 5}, NumberFormat{8, 0, 0}}) {
        std::vector<std::uint8_t> elements;
        std::vector<std::uint8_t> base;
        for (unsigned i = 0; i < 65536; ++i) {
            elements.push_back(static_cast<std::uint8_t>(i));
            base.push_back(static_cast<std::uint8_t>(i >> 8));
        }
        check_round_trip(format, elements, base);
    }
}

TEST_CASE("every 16-bit pattern comes back, NaN payloads too, from any base") {
    std::vector<std::uint16_t> elements(65536);
    for (unsigned i = 0; i < elements.size(); ++i) elements[i] = static_cast<std::uint16_t>(i);
    for (const unsigned b : {0U, 1U, 0x3f80U, 0x7f80U, 0x7fffU, 0x8000U, 0xbf80U, 0xff81U, 0xffffU}) {
        const std::vector<std::uint16_t> base(elements.size(), static_cast<std::uint16_t>(b));
        check_round_trip(bf16, elements, base);
        check_round_trip(i16, elements, base);
    }
}

TEST_CASE("wide elements of any bits come back") {
    std::mt19937_64 generator(1);
    std::vector<std::uint64_t> elements(1003);
    std::vector<std::uint64_t> base(elements.size());
    std::vector<std::uint32_t> elements32(elements.size());
    std::vector<std::uint32_t> base32(elements.size());
    for (std::size_t i = 0; i < elements.size(); ++i) {
        elements[i] = generator();
        base[i] = i % 3 == 0 ? elements[i] + generator() % 5 : generator();
        elements32[i] = static_cast<std::uint32_t>(elements[i]);
        base32[i] = static_cast<std::uint32_t>(base[i]);
    }
    check_round_trip(f64, elements, base);
    check_round_trip(NumberFormat{64, 0, 0}, elements, base);
    check_round_trip(f32, elements32, base32);
}

TEST_CASE("exponents are counted from the lowest, and clamped") {
    const std::vector<std::uint16_t> base = {0, 0x3f80, 0xbf80, 0x4000, 0x7f80};
    std::vector<std::uint8_t> classes(base.size());
    exponent_class(bf16, bytes(base), base.size(), {126, 3}, classes.data());
    CHECK(classes == std::vector<std::uint8_t>{0, 1, 1, 2, 2});
    exponent_class(i16, bytes(base), base.size(), {}, classes.data());
    CHECK(classes == std::vector<std::uint8_t>(base.size(), 0));
}

TEST_CASE("a token and its extra bits say the difference; the loop says what the function says") {
    std::vector<std::uint32_t> z;
    for (std::uint32_t i = 0; i < 70000; ++i) z.push_back(i);
    for (unsigned bit = 16; bit < 32; ++bit)
        for (const int off : {-3, -2, -1, 0, 1, 2, 3})
            z.push_back((1U << bit) + static_cast<std::uint32_t>(off));
    z.push_back(0xffffffff);
    for (const unsigned mantissa : {2U, 3U}) {
        std::vector<std::uint8_t> tokens(z.size());
        tokenize(z.data(), z.size(), mantissa, tokens.data());
        for (std::size_t i = 0; i < z.size(); ++i) {
            if (mantissa == 3 && z[i] >= 1U << 16) continue;
            CAPTURE(z[i]);
            const unsigned token = token_of(z[i], mantissa);
            REQUIRE(tokens[i] == token);
            REQUIRE(token < 256);
            const std::uint32_t extra = z[i] >> 1 & ((1U << extra_bits(token, mantissa)) - 1);
            REQUIRE(difference_of(token, extra, mantissa) == z[i]);
        }
    }
}

TEST_CASE("a low byte is split off and joined again") {
    std::mt19937 random(9);
    std::vector<std::uint32_t> z(100);
    for (std::uint32_t& difference : z) difference = static_cast<std::uint32_t>(random());
    const std::vector<std::uint32_t> whole = z;
    std::vector<std::byte> low(z.size());
    split_low(z.data(), z.size(), low.data());
    for (std::size_t i = 0; i < z.size(); ++i) REQUIRE(z[i] == whole[i] >> 8);
    join_low(z.data(), z.size(), low.data());
    CHECK(z == whole);
}

TEST_CASE("a scale class is half the sum of row and column, rounded down, from 0 to 15") {
    std::vector<std::int8_t> columns(128);
    std::vector<std::uint8_t> classes(columns.size());
    for (int c = -64; c < 64; ++c) columns[static_cast<std::size_t>(c + 64)] = static_cast<std::int8_t>(c);
    for (int row = -64; row < 64; ++row) {
        scale_class(static_cast<std::int8_t>(row), columns.data(), columns.size(), classes.data());
        for (std::size_t i = 0; i < columns.size(); ++i)
            REQUIRE(classes[i] == std::clamp((row + columns[i]) >> 1, 0, 15));
    }
}

TEST_CASE("contexts are looked up by exponent and scale, the same by every instruction set") {
    std::mt19937 random(7);
    std::vector<std::uint8_t> table(cell_count);
    for (std::uint8_t& context : table) context = static_cast<std::uint8_t>(random() % max_tables);
    for (const unsigned exponent_count : {1U, 2U, 5U, 10U, 11U, 13U, 20U, 21U, 32U})
        for (const std::size_t count : {0U, 1U, 127U, 128U, 300U, 2048U}) {
            CAPTURE(exponent_count);
            CAPTURE(count);
            std::vector<std::uint8_t> exponents(count);
            std::vector<std::uint8_t> scales(count);
            std::vector<std::uint8_t> expected(count);
            for (std::size_t i = 0; i < count; ++i) {
                exponents[i] = static_cast<std::uint8_t>(random() % exponent_count);
                scales[i] = static_cast<std::uint8_t>(random() % scale_classes);
                expected[i] = table[exponents[i] * scale_classes + scales[i]];
            }
            std::vector<std::uint8_t> contexts(count);
            scalar::context_of(table.data(), exponent_count, exponents.data(), scales.data(), count,
                               contexts.data());
            REQUIRE(contexts == expected);
            contexts.assign(count, 255);
            context_of(table.data(), exponent_count, exponents.data(), scales.data(), count, contexts.data());
            REQUIRE(contexts == expected);
        }
}
