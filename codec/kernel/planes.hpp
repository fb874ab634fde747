#pragma once

#include <cstddef>

/// Kernels on arrays of bytes: they neither allocate nor fail. Buffers do not overlap unless a function says
/// so.
namespace bitx::codec::kernel {

/// planes[p * count + i] = byte p of element i, for `count` elements of `width` bytes (1, 2, 4 or 8).
void split_planes(const std::byte* elements, std::size_t count, unsigned width, std::byte* planes) noexcept;

/// The inverse of split_planes.
void join_planes(const std::byte* planes, std::size_t count, unsigned width, std::byte* elements) noexcept;

/// As split_planes with width 2, of each 16-bit element rotated left by one: for BF16 the first plane holds
/// mantissa and sign, the second the exponent.
void split_bf16_planes(const std::byte* elements, std::size_t count, std::byte* planes) noexcept;

/// The inverse of split_bf16_planes.
void join_bf16_planes(const std::byte* planes, std::size_t count, std::byte* elements) noexcept;

/// bytes[i] ^= other[i] for `count` bytes.
void xor_into(std::byte* bytes, const std::byte* other, std::size_t count) noexcept;

}  // namespace bitx::codec::kernel
