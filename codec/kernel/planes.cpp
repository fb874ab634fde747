#include "codec/kernel/planes.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>

#include "codec/kernel/clones.hpp"

namespace bitx::codec::kernel {
namespace {

// Elements that stay in the first-level cache while all their planes are written.
constexpr std::size_t block = 2048;

template <typename T>
BITX_INLINE void split(const std::byte* __restrict elements, std::size_t count, unsigned rotation,
                       std::byte* __restrict planes) noexcept {
    for (std::size_t first = 0; first < count; first += block) {
        const std::size_t end = std::min(count, first + block);
        for (unsigned p = 0; p < sizeof(T); ++p)
            for (std::size_t i = first; i < end; ++i) {
                T element;
                std::memcpy(&element, elements + i * sizeof(T), sizeof(T));
                planes[p * count + i] =
                    static_cast<std::byte>(std::rotl(element, static_cast<int>(rotation)) >> 8 * p);
            }
    }
}

template <typename T>
BITX_INLINE void join(const std::byte* __restrict planes, std::size_t count, unsigned rotation,
                      std::byte* __restrict elements) noexcept {
    for (std::size_t i = 0; i < count; ++i) {
        T element = 0;
        for (unsigned p = 0; p < sizeof(T); ++p)
            element = static_cast<T>(element | std::to_integer<T>(planes[p * count + i]) << 8 * p);
        element = std::rotr(element, static_cast<int>(rotation));
        std::memcpy(elements + i * sizeof(T), &element, sizeof(T));
    }
}

}  // namespace

BITX_CLONES void split_planes(const std::byte* elements, std::size_t count, unsigned width, unsigned rotation,
                              std::byte* planes) noexcept {
    switch (width) {
        case 1:
            return split<std::uint8_t>(elements, count, rotation, planes);
        case 2:
            return split<std::uint16_t>(elements, count, rotation, planes);
        case 4:
            return split<std::uint32_t>(elements, count, rotation, planes);
        default:
            return split<std::uint64_t>(elements, count, rotation, planes);
    }
}

BITX_CLONES void join_planes(const std::byte* planes, std::size_t count, unsigned width, unsigned rotation,
                             std::byte* elements) noexcept {
    switch (width) {
        case 1:
            return join<std::uint8_t>(planes, count, rotation, elements);
        case 2:
            return join<std::uint16_t>(planes, count, rotation, elements);
        case 4:
            return join<std::uint32_t>(planes, count, rotation, elements);
        default:
            return join<std::uint64_t>(planes, count, rotation, elements);
    }
}

BITX_CLONES void xor_into(std::byte* __restrict bytes, const std::byte* __restrict other,
                          std::size_t count) noexcept {
    for (std::size_t i = 0; i < count; ++i) bytes[i] ^= other[i];
}

BITX_CLONES void narrow(const std::uint32_t* __restrict words, std::size_t count,
                        std::byte* __restrict bytes) noexcept {
    for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<std::byte>(words[i]);
}

BITX_CLONES std::uint32_t add_bytes(const std::uint8_t* __restrict bytes, std::size_t count, std::uint8_t low,
                                    std::uint8_t high, std::uint32_t* __restrict sums) noexcept {
    std::uint32_t all = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint32_t byte = std::min(std::max(bytes[i], low), high);
        sums[i] += byte;
        all += byte;
    }
    return all;
}

}  // namespace bitx::codec::kernel
