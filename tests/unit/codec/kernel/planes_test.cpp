#include "codec/kernel/planes.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <random>
#include <vector>

#include <doctest/doctest.h>

using namespace bitx::codec::kernel;

namespace {

std::vector<std::byte> noise(std::size_t size) {
    std::mt19937 generator(static_cast<unsigned>(size));
    std::vector<std::byte> bytes(size);
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(generator());
    return bytes;
}

}  // namespace

TEST_CASE("planes hold the bytes of rotated elements, and join to them again") {
    for (const unsigned width : {1U, 2U, 4U, 8U})
        for (const unsigned rotation : {0U, 1U, 4U})
            for (const std::size_t count : {0, 1, 15, 2048, 5001}) {
                CAPTURE(width);
                CAPTURE(rotation);
                CAPTURE(count);
                const auto elements = noise(count * width);
                std::vector<std::byte> planes(elements.size());
                split_planes(elements.data(), count, width, rotation, planes.data());
                bool right = true;
                for (std::size_t i = 0; i < count; ++i) {
                    std::uint64_t element = 0;
                    std::memcpy(&element, &elements[i * width], width);
                    const std::uint64_t rotated =
                        rotation == 0 ? element : element << rotation | element >> (8 * width - rotation);
                    for (unsigned p = 0; p < width; ++p)
                        right &= planes[p * count + i] == static_cast<std::byte>(rotated >> 8 * p);
                }
                CHECK(right);
                std::vector<std::byte> joined(elements.size());
                join_planes(planes.data(), count, width, rotation, joined.data());
                CHECK(joined == elements);
            }
}

TEST_CASE("bytes are added where they stand, clamped") {
    const std::vector<std::uint8_t> bytes = {0, 10, 100, 255};
    std::vector<std::uint32_t> sums = {1, 1, 1, 1};
    CHECK(add_bytes(bytes.data(), bytes.size(), 5, 200, sums.data()) == 5 + 10 + 100 + 200);
    CHECK(sums == std::vector<std::uint32_t>{6, 11, 101, 201});
}
