#if defined(__x86_64__)
#if defined(__GNUC__) && !defined(__clang__)
// GCC 12 takes its own headers' "undefined" vectors for a mistake (GCC bug 105593).
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <algorithm>
#include <bit>

#include <immintrin.h>

#include "codec/kernel/rans_groups.hpp"
#include "codec/kernel/token.hpp"

#define BITX_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,bmi,bmi2,popcnt")))

namespace bitx::codec::kernel::avx512 {
namespace {

constexpr unsigned width = 16;

BITX_AVX512 inline __m512i load16(const std::uint8_t* bytes) noexcept {
    return _mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes)));
}

// Lanes below 2^16 take the next words, in lane order.
BITX_AVX512 inline __m512i refill(__m512i x, const std::byte*& next) noexcept {
    const __mmask16 low = _mm512_cmplt_epu32_mask(x, _mm512_set1_epi32(rans_low));
    const __m512i words = _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(next)));
    next += 2 * std::popcount(static_cast<unsigned>(low));
    const __m512i mine = _mm512_maskz_expand_epi32(low, words);
    return _mm512_mask_or_epi32(x, low, _mm512_slli_epi32(x, 16), mine);
}

// Lanes of `full` put their low 16 bits below `next`, in lane order, and keep the rest.
BITX_AVX512 inline __m512i put_words(__m512i x, __mmask16 full, std::uint16_t*& next) noexcept {
    const __m256i words = _mm512_cvtepi32_epi16(_mm512_maskz_compress_epi32(full, x));
    const auto count = static_cast<unsigned>(std::popcount(static_cast<unsigned>(full)));
    next -= count;
    _mm256_mask_storeu_epi16(next, static_cast<__mmask16>((1U << count) - 1), words);
    return _mm512_mask_srli_epi32(x, full, x, 16);
}

BITX_AVX512 inline __m512i low_bits(__m512i bits) noexcept {
    return _mm512_sub_epi32(_mm512_sllv_epi32(_mm512_set1_epi32(1), bits), _mm512_set1_epi32(1));
}

// Extra bits of tokens: max(token >> (1 + mantissa), 1) - 1.
template <unsigned Mantissa>
BITX_AVX512 inline __m512i extra_counts(__m512i token) noexcept {
    const __m512i one = _mm512_set1_epi32(1);
    return _mm512_sub_epi32(_mm512_max_epu32(_mm512_srli_epi32(token, 1 + Mantissa), one), one);
}

BITX_AVX512 inline __m512i put_bits(__m512i x, __m512i value, __m512i bits, std::uint16_t*& next) noexcept {
    // state >> (32 - bits) != 0; a shift by 32 gives 0
    const __m512i over = _mm512_srlv_epi32(x, _mm512_sub_epi32(_mm512_set1_epi32(32), bits));
    x = put_words(x, _mm512_test_epi32_mask(over, over), next);
    return _mm512_or_si512(_mm512_sllv_epi32(x, bits), value);
}

// x / frequency, exactly: x < frequency * 2^22, so a float's quotient is off by one at most.
BITX_AVX512 inline __m512i step(__m512i x, __m512i frequency, __m512i start) noexcept {
    const __m512 quotient = _mm512_div_ps(_mm512_cvtepu32_ps(x), _mm512_cvtepu32_ps(frequency));
    __m512i q = _mm512_cvttps_epi32(quotient);
    __m512i rest = _mm512_sub_epi32(x, _mm512_mullo_epi32(q, frequency));
    const __mmask16 below = _mm512_movepi32_mask(rest);
    q = _mm512_mask_sub_epi32(q, below, q, _mm512_set1_epi32(1));
    rest = _mm512_mask_add_epi32(rest, below, rest, frequency);
    const __mmask16 above = _mm512_cmpge_epi32_mask(rest, frequency);
    q = _mm512_mask_add_epi32(q, above, q, _mm512_set1_epi32(1));
    rest = _mm512_mask_sub_epi32(rest, above, rest, frequency);
    return _mm512_add_epi32(_mm512_add_epi32(_mm512_slli_epi32(q, probability_bits), rest), start);
}

struct Groups {
    template <unsigned Mantissa, unsigned Lanes>
    BITX_AVX512 static void decode(RansDecoder& decoder, const DecodeTable* tables,
                                   const std::uint8_t* contexts, std::size_t groups,
                                   std::uint32_t* differences) noexcept {
        const __m512i slot_mask = _mm512_set1_epi32(probability_one - 1);
        const __m512i byte = _mm512_set1_epi32(0xff);
        const __m512i one = _mm512_set1_epi32(1);
        const __m512i sixteen = _mm512_set1_epi32(16);
        constexpr unsigned vectors = Lanes / width;
        __m512i x[vectors];
        for (unsigned v = 0; v < vectors; ++v) x[v] = _mm512_loadu_si512(&decoder.states[v * width]);
        const std::byte* next = decoder.next;
        for (; groups > 0; --groups, contexts += Lanes, differences += Lanes) {
            __m512i token[vectors];
            __m512i count[vectors];
            __m512i extra[vectors];
            __m512i most = _mm512_setzero_si512();
            for (unsigned v = 0; v < vectors; ++v) {
                const __m512i slot = _mm512_and_si512(x[v], slot_mask);
                const __m512i place =
                    _mm512_or_si512(_mm512_slli_epi32(load16(contexts + v * width), probability_bits), slot);
                const __m512i entry = _mm512_i32gather_epi32(place, tables, 4);
                token[v] = _mm512_and_si512(entry, byte);
                const __m512i frequency = _mm512_and_si512(_mm512_srli_epi32(entry, 8), slot_mask);
                x[v] =
                    _mm512_add_epi32(_mm512_mullo_epi32(frequency, _mm512_srli_epi32(x[v], probability_bits)),
                                     _mm512_srli_epi32(entry, 20));
                count[v] = extra_counts<Mantissa>(token[v]);
                most = _mm512_max_epu32(most, count[v]);
                extra[v] = _mm512_setzero_si512();
            }
            for (unsigned v = 0; v < vectors; ++v) x[v] = refill(x[v], next);
            if (Mantissa != whole_tokens && _mm512_test_epi32_mask(most, most) != 0) {
                for (unsigned v = 0; v < vectors; ++v) {
                    const __m512i bits = Mantissa == 3 ? count[v] : _mm512_min_epu32(count[v], sixteen);
                    extra[v] = _mm512_and_si512(x[v], low_bits(bits));
                    x[v] = _mm512_srlv_epi32(x[v], bits);
                }
                for (unsigned v = 0; v < vectors; ++v) x[v] = refill(x[v], next);
            }
            if (Mantissa < 3 && _mm512_cmpgt_epi32_mask(most, sixteen) != 0) {
                for (unsigned v = 0; v < vectors; ++v) {
                    const __m512i bits = _mm512_subs_epu16(count[v], sixteen);
                    const __m512i high = _mm512_and_si512(x[v], low_bits(bits));
                    extra[v] = _mm512_or_si512(extra[v], _mm512_slli_epi32(high, 16));
                    x[v] = _mm512_srlv_epi32(x[v], bits);
                }
                for (unsigned v = 0; v < vectors; ++v) x[v] = refill(x[v], next);
            }
            for (unsigned v = 0; v < vectors; ++v) {
                const __m512i mantissa_mask = _mm512_set1_epi32((1 << Mantissa) - 1);
                const __m512i leading =
                    _mm512_or_si512(_mm512_and_si512(_mm512_srli_epi32(token[v], 1), mantissa_mask),
                                    _mm512_set1_epi32(1 << Mantissa));
                const __m512i magnitude = _mm512_or_si512(_mm512_sllv_epi32(leading, count[v]), extra[v]);
                const __m512i large =
                    _mm512_or_si512(_mm512_slli_epi32(magnitude, 1), _mm512_and_si512(token[v], one));
                const __mmask16 is_large =
                    _mm512_cmpge_epi32_mask(token[v], _mm512_set1_epi32(2 << Mantissa));
                _mm512_storeu_si512(differences + v * width,
                                    _mm512_mask_mov_epi32(token[v], is_large, large));
            }
        }
        for (unsigned v = 0; v < vectors; ++v) _mm512_storeu_si512(&decoder.states[v * width], x[v]);
        decoder.next = next;
    }

    template <unsigned Mantissa, unsigned Lanes>
    BITX_AVX512 static void encode(RansEncoder& encoder, const EncodeTable* tables,
                                   const std::uint8_t* contexts, const std::uint8_t* tokens,
                                   const std::uint32_t* differences, std::size_t groups) noexcept {
        const __m512i sixteen = _mm512_set1_epi32(16);
        constexpr unsigned vectors = Lanes / width;
        __m512i x[vectors];
        for (unsigned v = 0; v < vectors; ++v) x[v] = _mm512_loadu_si512(&encoder.states[v * width]);
        std::uint16_t* next = encoder.next;
        for (std::size_t group = groups; group-- > 0;) {
            const std::size_t first = group * Lanes;
            __m512i token[vectors];
            __m512i count[vectors];
            __m512i extra[vectors];
            __m512i most = _mm512_setzero_si512();
            for (unsigned v = 0; v < vectors; ++v) {
                token[v] = load16(tokens + first + v * width);
                count[v] = extra_counts<Mantissa>(token[v]);
                most = _mm512_max_epu32(most, count[v]);
                if constexpr (Mantissa == whole_tokens) continue;
                const __m512i z = _mm512_loadu_si512(differences + first + v * width);
                extra[v] = _mm512_and_si512(_mm512_srli_epi32(z, 1), low_bits(count[v]));
            }
            if (Mantissa < 3 && _mm512_cmpgt_epi32_mask(most, sixteen) != 0)
                for (unsigned v = vectors; v-- > 0;)
                    x[v] = put_bits(x[v], _mm512_srli_epi32(extra[v], 16),
                                    _mm512_subs_epu16(count[v], sixteen), next);
            if (Mantissa != whole_tokens && _mm512_test_epi32_mask(most, most) != 0)
                for (unsigned v = vectors; v-- > 0;)
                    x[v] = put_bits(x[v], _mm512_and_si512(extra[v], _mm512_set1_epi32(0xffff)),
                                    _mm512_min_epu32(count[v], sixteen), next);
            for (unsigned v = vectors; v-- > 0;) {
                const __m512i place =
                    _mm512_or_si512(_mm512_slli_epi32(load16(contexts + first + v * width), 8), token[v]);
                const __m512i entry = _mm512_i32gather_epi32(place, tables, 4);
                const __m512i frequency = _mm512_and_si512(entry, _mm512_set1_epi32(0xffff));
                const __mmask16 full =
                    _mm512_cmpge_epi32_mask(_mm512_srli_epi32(x[v], 32 - probability_bits), frequency);
                x[v] = put_words(x[v], full, next);
                x[v] = step(x[v], frequency, _mm512_srli_epi32(entry, 16));
            }
        }
        for (unsigned v = 0; v < vectors; ++v) _mm512_storeu_si512(&encoder.states[v * width], x[v]);
        encoder.next = next;
    }
};

}  // namespace

void rans_decode(RansDecoder& decoder, const DecodeTable* tables, const std::uint8_t* contexts,
                 std::size_t count, unsigned mantissa, std::uint32_t* differences) noexcept {
    decode_by_lanes<Groups, 16, avx2::rans_decode>(decoder, tables, contexts, count, mantissa, differences);
}

void rans_encode(RansEncoder& encoder, const EncodeTable* tables, const std::uint8_t* contexts,
                 const std::uint8_t* tokens, const std::uint32_t* differences, std::size_t count,
                 unsigned mantissa) noexcept {
    encode_by_lanes<Groups, 16, avx2::rans_encode>(encoder, tables, contexts, tokens, differences, count,
                                                   mantissa);
}

}  // namespace bitx::codec::kernel::avx512
#endif
