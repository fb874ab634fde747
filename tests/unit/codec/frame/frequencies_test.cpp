#include "codec/frame/frequencies.hpp"

#include <numeric>

#include <doctest/doctest.h>

using namespace bitx::codec;

namespace {

Frequencies from_counts(const std::array<std::uint32_t, 256>& counts) {
    Frequencies frequencies;
    REQUIRE(frequencies_of(levels_of(counts), frequencies));
    return frequencies;
}

}  // namespace

TEST_CASE("frequencies sum to 1024 and follow what was counted") {
    std::array<std::uint32_t, 256> counts{};
    for (unsigned i = 0; i < 50; ++i) counts[i] = 100000 >> i / 8;
    const Frequencies frequencies = from_counts(counts);
    CHECK(std::accumulate(frequencies.begin(), frequencies.end(), 0) == 1024);
    const double total = std::accumulate(counts.begin(), counts.end(), 0.0);
    for (unsigned i = 0; i < 256; ++i) {
        CAPTURE(i);
        CHECK((frequencies[i] > 0) == (counts[i] > 0));
        const double wanted = counts[i] / total * 1024;
        CHECK(frequencies[i] >= wanted * 0.85 - 1);
        CHECK(frequencies[i] <= wanted * 1.15 + 1);
    }
}

TEST_CASE("one symbol alone is given a companion: no frequency is 1024") {
    for (const unsigned symbol : {0U, 1U, 255U}) {
        std::array<std::uint32_t, 256> counts{};
        counts[symbol] = 7;
        CHECK(from_counts(counts)[symbol] == 1023);
    }
}

TEST_CASE("levels without two symbols or without weight give no distribution") {
    Frequencies frequencies;
    CHECK(!frequencies_of(std::array<std::uint8_t, 3>{0, 9, 0}, frequencies));
    CHECK(!frequencies_of(std::array<std::uint8_t, 3>{1, 1, 1}, frequencies));
    CHECK(frequencies_of(std::array<std::uint8_t, 3>{1, 2, 1}, frequencies));
    CHECK(frequencies[1] == 1022);
}

TEST_CASE("both tables tell the same: each slot its token, frequency and place") {
    std::array<std::uint32_t, 256> counts{};
    for (unsigned i = 0; i < 256; i += 3) counts[i] = i + 1;
    const Frequencies frequencies = from_counts(counts);
    kernel::EncodeTable encode;
    kernel::DecodeTable decode;
    build(frequencies, encode);
    build(frequencies, decode);
    for (unsigned slot = 0; slot < decode.size(); ++slot) {
        const std::uint32_t token = decode[slot] & 0xff;
        REQUIRE((decode[slot] >> 8 & 0xfff) == (encode[token] & 0xffff));
        REQUIRE((decode[slot] >> 20) + (encode[token] >> 16) == slot);
    }
}
