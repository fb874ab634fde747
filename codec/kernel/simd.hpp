#pragma once

#include <cstdint>

namespace bitx::codec::kernel {

/// The instruction sets that have kernels of their own, from narrow to wide vectors. A machine with AVX-512
/// has AVX2 too; AArch64 always has NEON, and neither of the others.
enum class Simd : std::uint8_t { scalar, neon, avx2, avx512 };

/// The widest one that this machine has; BITX_SIMD=scalar|avx2 in the environment lowers it.
Simd simd() noexcept;

}  // namespace bitx::codec::kernel
