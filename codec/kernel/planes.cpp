#include "codec/kernel/planes.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>

namespace bitx::codec::kernel {
namespace {

template <typename T>
T load(const std::byte* from) noexcept {
    T value;
    std::memcpy(&value, from, sizeof value);
    return value;
}

// Loops over a width known at compile time: the compiler vectorises them.
template <unsigned Width>
void split(const std::byte* __restrict elements, std::size_t count, std::byte* __restrict planes) noexcept {
    for (unsigned p = 0; p < Width; ++p)
        for (std::size_t i = 0; i < count; ++i) planes[p * count + i] = elements[i * Width + p];
}

template <unsigned Width>
void join(const std::byte* __restrict planes, std::size_t count, std::byte* __restrict elements) noexcept {
    for (std::size_t i = 0; i < count; ++i)
        for (unsigned p = 0; p < Width; ++p) elements[i * Width + p] = planes[p * count + i];
}

}  // namespace

void split_planes(const std::byte* elements, std::size_t count, unsigned width, std::byte* planes) noexcept {
    switch (width) {
        case 2:
            return split<2>(elements, count, planes);
        case 4:
            return split<4>(elements, count, planes);
        case 8:
            return split<8>(elements, count, planes);
        default:
            std::copy_n(elements, count * width, planes);  // not memcpy: both may be null where count is 0
    }
}

void join_planes(const std::byte* planes, std::size_t count, unsigned width, std::byte* elements) noexcept {
    switch (width) {
        case 2:
            return join<2>(planes, count, elements);
        case 4:
            return join<4>(planes, count, elements);
        case 8:
            return join<8>(planes, count, elements);
        default:
            std::copy_n(planes, count * width, elements);
    }
}

void split_bf16_planes(const std::byte* __restrict elements, std::size_t count,
                       std::byte* __restrict planes) noexcept {
    for (std::size_t i = 0; i < count; ++i) {
        const auto rotated = std::rotl(load<std::uint16_t>(elements + 2 * i), 1);
        planes[i] = static_cast<std::byte>(rotated);
        planes[count + i] = static_cast<std::byte>(rotated >> 8);
    }
}

void join_bf16_planes(const std::byte* __restrict planes, std::size_t count,
                      std::byte* __restrict elements) noexcept {
    for (std::size_t i = 0; i < count; ++i) {
        const auto rotated = static_cast<std::uint16_t>(std::to_integer<unsigned>(planes[i]) |
                                                        std::to_integer<unsigned>(planes[count + i]) << 8);
        const std::uint16_t element = std::rotr(rotated, 1);
        std::memcpy(elements + 2 * i, &element, sizeof element);
    }
}

void xor_into(std::byte* __restrict bytes, const std::byte* __restrict other, std::size_t count) noexcept {
    for (std::size_t i = 0; i < count; ++i) bytes[i] ^= other[i];
}

}  // namespace bitx::codec::kernel
