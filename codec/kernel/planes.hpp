#pragma once

#include <cstddef>
#include <cstdint>

/// Kernels on arrays of bytes: they neither allocate nor fail. Buffers do not overlap unless a function says
/// so.
namespace bitx::codec::kernel {

/// planes[p * count + i] = byte p of element i rotated left by `rotation` bits, for `count` elements of
/// `width` bytes (1, 2, 4 or 8). Rotated by one, a float's sign goes to the low end, so that the last plane
/// of BF16 and F32 is the exponent.
void split_planes(const std::byte* elements, std::size_t count, unsigned width, unsigned rotation,
                  std::byte* planes) noexcept;

/// The inverse of split_planes.
void join_planes(const std::byte* planes, std::size_t count, unsigned width, unsigned rotation,
                 std::byte* elements) noexcept;

/// bytes[i] ^= other[i] for `count` bytes.
void xor_into(std::byte* bytes, const std::byte* other, std::size_t count) noexcept;

/// bytes[i] = words[i] mod 256.
void narrow(const std::uint32_t* words, std::size_t count, std::byte* bytes) noexcept;

/// Adds each byte, clamped to low..high, to sums[i], and returns the sum of all: of at most 2^24 bytes.
std::uint32_t add_bytes(const std::uint8_t* bytes, std::size_t count, std::uint8_t low, std::uint8_t high,
                        std::uint32_t* sums) noexcept;

}  // namespace bitx::codec::kernel
