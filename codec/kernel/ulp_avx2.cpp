#if defined(__x86_64__)
#include <immintrin.h>

#include "codec/kernel/ulp.hpp"

#define BITX_AVX2 __attribute__((target("avx2")))

namespace bitx::codec::kernel::avx2 {
namespace {

// A shuffle looks a scale class up in the 16 contexts of one exponent; of more exponents than these, looking
// up one element after another is faster.
constexpr unsigned most_exponents = 20;

constexpr std::size_t width = 32;
constexpr std::size_t vectors = 4;

BITX_AVX2 inline __m256i load(const std::uint8_t* from) noexcept {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
}

}  // namespace

BITX_AVX2 void context_of(const std::uint8_t* context_of_cell, unsigned exponent_count,
                          const std::uint8_t* exponents, const std::uint8_t* scales, std::size_t count,
                          std::uint8_t* contexts) noexcept {
    constexpr std::size_t step = width * vectors;
    const std::size_t whole = exponent_count > most_exponents ? 0 : count / step * step;
    for (std::size_t i = 0; i < whole; i += step) {
        __m256i scale[vectors];
        __m256i exponent[vectors];
        __m256i context[vectors];
        for (std::size_t v = 0; v < vectors; ++v) {
            scale[v] = load(scales + i + v * width);
            exponent[v] = load(exponents + i + v * width);
            context[v] = _mm256_setzero_si256();
        }
        for (unsigned e = 0; e < exponent_count; ++e) {
            const __m256i table = _mm256_broadcastsi128_si256(
                _mm_loadu_si128(reinterpret_cast<const __m128i*>(context_of_cell + e * scale_classes)));
            const __m256i this_one = _mm256_set1_epi8(static_cast<char>(e));
            for (std::size_t v = 0; v < vectors; ++v)
                context[v] = _mm256_blendv_epi8(context[v], _mm256_shuffle_epi8(table, scale[v]),
                                                _mm256_cmpeq_epi8(exponent[v], this_one));
        }
        for (std::size_t v = 0; v < vectors; ++v)
            _mm256_storeu_si256(reinterpret_cast<__m256i*>(contexts + i + v * width), context[v]);
    }
    scalar::context_of(context_of_cell, exponent_count, exponents + whole, scales + whole, count - whole,
                       contexts + whole);
}

}  // namespace bitx::codec::kernel::avx2
#endif
