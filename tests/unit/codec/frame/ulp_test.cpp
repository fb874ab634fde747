#include "codec/frame/ulp.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <map>
#include <numbers>
#include <random>

#include <doctest/doctest.h>

using namespace bitx::codec;

namespace {

struct Pair {
    Bytes base;
    Bytes raw;
    double entropy = 0;  ///< bytes: of the differences, by the base's exponent, as they were drawn
};

void put(Bytes& bytes, std::uint16_t element) {
    bytes.push_back(static_cast<std::byte>(element));
    bytes.push_back(static_cast<std::byte>(element >> 8));
}

// BF16 weights about as large as a transformer's, and a fine-tune that moves them by one absolute amount.
Pair fine_tune(std::size_t count, double move) {
    std::mt19937_64 generator(count);
    std::normal_distribution<double> weight(0, 0.05);
    std::exponential_distribution<double> distance(1 / move);
    Pair pair;
    std::map<int, std::map<int, double>> counts;  // by exponent: how often each difference occurs
    for (std::size_t i = 0; i < count; ++i) {
        const auto value = static_cast<float>(weight(generator));
        const auto bits = static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(value) >> 16);
        const int exponent = bits >> 7 & 0xff;
        const double unit = std::ldexp(1.0, exponent - 127 - 7);
        const int magnitude = bits & 0x7fff;
        int difference = static_cast<int>(std::lround(distance(generator) / unit));
        if (generator() & 1) difference = -difference;
        difference = std::clamp(difference, -magnitude, 0x7f7f - magnitude);
        ++counts[exponent][difference];
        const auto moved = static_cast<std::uint16_t>(bits + difference);
        put(pair.base, bits);
        put(pair.raw, moved);
    }
    for (const auto& [exponent, differences] : counts) {
        double total = 0;
        for (const auto& [difference, times] : differences) total += times;
        for (const auto& [difference, times] : differences)
            pair.entropy += times * std::log2(total / times) / 8;
    }
    return pair;
}

std::size_t coded_size(const Pair& pair, MatrixPlace place = {}) {
    UlpCoder coder;
    const Bytes stored = coder.encode(pair.raw, pair.base, Dtype::bf16, place);
    Bytes decoded(pair.raw.size());
    coder.decode(stored, pair.base, Dtype::bf16, decoded);
    CHECK(decoded == pair.raw);
    return stored.size();
}

// What is stored, over what `share` bytes an element come to.
double over(const Pair& pair, double share) {
    return static_cast<double>(coded_size(pair)) / (share * static_cast<double>(pair.raw.size()) / 2);
}

}  // namespace

TEST_CASE("a frame comes near the entropy by the base's exponent, tables and all") {
    for (const double move : {1e-4, 3e-4, 1e-3}) {
        CAPTURE(move);
        const Pair large = fine_tune(1 << 20, move);
        const double share = large.entropy / (1 << 20);
        CHECK(over(large, share) < 1.011);
        CHECK(over(fine_tune(1 << 16, move), share) < 1.025);
        CHECK(over(fine_tune(12288, move), share) < 1.07);
        CHECK(over(fine_tune(3072, move), share) < 1.15);
        CHECK(over(fine_tune(384, move), share) < 1.8);
    }
}

// With 1024 slots a distribution, what all but never happens costs more than it should: a fraction of little.
TEST_CASE("a move of few elements is coded in little more than its entropy") {
    for (const auto& [move, limit] : {std::pair{3e-5, 1.025}, {1e-5, 1.04}, {3e-6, 1.1}}) {
        CAPTURE(move);
        const Pair pair = fine_tune(1 << 20, move);
        CAPTURE(pair.entropy);
        CHECK(over(pair, pair.entropy / (1 << 20)) < limit);
    }
}

TEST_CASE("rows that did not move cost almost nothing") {
    Pair pair = fine_tune(1 << 18, 1e-4);
    const std::size_t all = coded_size(pair, {.row_length = 512});
    std::ranges::copy(ByteView(pair.base).first(pair.base.size() / 2), pair.raw.begin());
    CHECK(coded_size(pair, {.row_length = 512}) < all * 53 / 100);
}

TEST_CASE("low bytes of F32 differences are stored apart where they are noise") {
    constexpr std::size_t count = 40000;
    std::mt19937 generator(5);
    const auto frame_of = [&](double move) {
        std::normal_distribution<double> distance(0, move);
        Bytes raw(4 * count);
        Bytes base(raw.size());
        for (std::size_t i = 0; i < count; ++i) {
            const std::uint32_t weight = 0x3c000000 + (generator() & 0xffffff);
            const std::uint32_t moved = weight + static_cast<std::uint32_t>(std::lround(distance(generator)));
            std::memcpy(&base[4 * i], &weight, sizeof weight);
            std::memcpy(&raw[4 * i], &moved, sizeof moved);
        }
        UlpCoder coder;
        Bytes stored = coder.encode(raw, base, Dtype::f32, {});
        Bytes decoded(raw.size());
        coder.decode(stored, base, Dtype::f32, decoded);
        CHECK(decoded == raw);
        return stored;
    };
    constexpr auto low_parts = std::byte{4};
    CHECK((frame_of(1 << 18).front() & low_parts) == low_parts);
    CHECK((frame_of(20).front() & low_parts) == std::byte{0});
    // a normal distribution's differential entropy is log2(sigma * sqrt(2 pi e)) bits
    const double entropy = std::log2((1 << 18) * std::sqrt(2 * std::numbers::pi * std::numbers::e));
    CHECK(static_cast<double>(frame_of(1 << 18).size()) < 1.01 * entropy / 8 * count);
}
