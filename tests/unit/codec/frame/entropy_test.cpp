#include "codec/frame/entropy.hpp"

#include <algorithm>
#include <random>

#include <doctest/doctest.h>

using namespace bitx::codec;

namespace {

Bytes round_trip(ByteView plane, unsigned octave = 0, MatrixPlace place = {}) {
    EntropyCoder coder;
    Bytes stored;
    coder.append(plane, octave, place, stored);
    Bytes decoded(plane.size());
    coder.read(stored, decoded);
    CHECK(std::ranges::equal(decoded, plane));
    return stored;
}

// Exponents of weights in rows of 64, from a column on, whose magnitudes are up to so many octaves apart.
Bytes exponents(std::size_t size, std::size_t column, unsigned octaves = 3) {
    std::mt19937 generator(5);
    std::geometric_distribution<unsigned> below(0.5);
    Bytes plane(size);
    for (std::size_t i = 0; i < size; ++i)
        plane[i] = static_cast<std::byte>(120 - (i + column) / 64 % (octaves + 1) - below(generator));
    return plane;
}

}  // namespace

TEST_CASE("the entropy of what is counted") {
    CHECK(entropy({}) == 0);
    CHECK(entropy(count_bytes(Bytes(100))) == 0);
    Bytes all(256 * 7);
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::byte>(i);
    CHECK(entropy(count_bytes(all)) == doctest::Approx(8));
    CHECK(count_bytes(ByteView(all).first(259))[2] == 2);
}

TEST_CASE("planes of every length come back, one symbol or all") {
    std::mt19937 generator(1);
    for (const std::size_t size : {1, 2, 31, 32, 33, 2048, 2049, 10'000})
        for (const unsigned symbols : {1U, 2U, 17U, 256U}) {
            CAPTURE(size);
            CAPTURE(symbols);
            Bytes plane(size);
            for (std::byte& byte : plane) byte = static_cast<std::byte>(generator() % symbols);
            round_trip(plane);
            round_trip(plane, 1, {.row_length = 16, .column = 5});
        }
}

TEST_CASE("a plane is coded near its entropy") {
    const Bytes plane = exponents(1 << 20, 0);
    const double ideal = entropy(count_bytes(plane)) / 8 * static_cast<double>(plane.size());
    const auto size = static_cast<double>(round_trip(plane).size());
    CHECK(size > ideal);
    CHECK(size < 1.006 * ideal);
}

TEST_CASE("rows of different magnitudes have distributions of their own, wherever the plane begins") {
    for (const std::size_t column : {0, 63, 10}) {
        const Bytes plane = exponents(200'001, column);
        const std::size_t plain = round_trip(plane).size();
        CHECK(round_trip(plane, 1, {.row_length = 64, .column = column}).size() < plain * 8 / 10);
    }
}

TEST_CASE("rows that differ little are all far from the lowest class and the highest") {
    const Bytes plane = exponents(200'000, 0, 1);
    CHECK(round_trip(plane, 1, {.row_length = 64, .column = 0}).size() < round_trip(plane).size() * 95 / 100);
}

TEST_CASE("a place that says nothing of the magnitudes costs nothing") {
    std::mt19937 generator(2);
    Bytes plane(100'000);
    for (std::byte& byte : plane) byte = static_cast<std::byte>(generator() % 8);
    CHECK(round_trip(plane, 1, {.row_length = 100, .column = 0}).size() == round_trip(plane).size());
}
