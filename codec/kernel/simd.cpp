#include "codec/kernel/simd.hpp"

#include <algorithm>
#include <cstdlib>
#include <string_view>

namespace bitx::codec::kernel {

Simd simd() noexcept {
    static const Simd best = [] {
        Simd found = Simd::scalar;
#if defined(__x86_64__)
        if (__builtin_cpu_supports("avx2")) found = Simd::avx2;
        if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
            __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq"))
            found = Simd::avx512;
#elif defined(__aarch64__)
        found = Simd::neon;
#endif
        if (const char* wanted = std::getenv("BITX_SIMD")) {
            if (std::string_view(wanted) == "scalar") found = Simd::scalar;
            if (std::string_view(wanted) == "avx2") found = std::min(found, Simd::avx2);
        }
        return found;
    }();
    return best;
}

}  // namespace bitx::codec::kernel
