#pragma once

#include <cstdint>

namespace bitx::codec::kernel {

/// The instruction sets that have kernels of their own.
enum class Simd : std::uint8_t { scalar, avx2, avx512 };

/// The widest one that this machine has; BITX_SIMD=scalar|avx2|avx512 in the environment lowers it.
Simd simd() noexcept;

}  // namespace bitx::codec::kernel
