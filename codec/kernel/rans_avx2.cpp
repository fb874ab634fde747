#if defined(__x86_64__)
#include <algorithm>
#include <bit>

#include <immintrin.h>

#include "codec/kernel/rans_groups.hpp"
#include "codec/kernel/token.hpp"

#define BITX_AVX2 __attribute__((target("avx2,bmi,bmi2,popcnt,fma")))

namespace bitx::codec::kernel::avx2 {
namespace {

constexpr unsigned width = 8;

// For each mask of 8 lanes: which bytes of the next 8 words each of them takes (expand; none: 0), and which
// lane each of the last words comes from (compress, right-aligned).
struct Permutations {
    alignas(64) std::uint8_t expand[256][16];
    alignas(64) std::uint8_t compress[256][8];

    constexpr Permutations() : expand(), compress() {
        for (unsigned mask = 0; mask < 256; ++mask) {
            unsigned taken = 0;
            for (unsigned lane = 0; lane < 8; ++lane) {
                const bool takes = mask >> lane & 1;
                for (unsigned byte = 0; byte < 2; ++byte)
                    expand[mask][2 * lane + byte] =
                        static_cast<std::uint8_t>(takes ? 2 * taken + byte : 0x80);
                taken += takes;
            }
            unsigned place = 8 - taken;
            for (unsigned lane = 0; lane < 8; ++lane)
                if (mask >> lane & 1) compress[mask][place++] = static_cast<std::uint8_t>(lane);
        }
    }
};
constexpr Permutations permutations;

BITX_AVX2 inline __m256i load8(const std::uint8_t* bytes) noexcept {
    return _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(bytes)));
}

BITX_AVX2 inline __m256i load_state(const RansStates& states, unsigned v) noexcept {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(&states[std::size_t{v} * width]));
}

BITX_AVX2 inline void store_state(RansStates& states, unsigned v, __m256i x) noexcept {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(&states[std::size_t{v} * width]), x);
}

BITX_AVX2 inline unsigned lane_mask(__m256i lanes) noexcept {
    return static_cast<unsigned>(_mm256_movemask_ps(_mm256_castsi256_ps(lanes)));
}

// Lanes below 2^16 take the next words, in lane order.
BITX_AVX2 inline __m256i refill(__m256i x, const std::byte*& next) noexcept {
    const __m256i low = _mm256_cmpeq_epi32(_mm256_srli_epi32(x, 16), _mm256_setzero_si256());
    const unsigned mask = lane_mask(low);
    const __m128i words = _mm_loadu_si128(reinterpret_cast<const __m128i*>(next));
    const __m128i order = _mm_load_si128(reinterpret_cast<const __m128i*>(permutations.expand[mask]));
    const __m256i mine = _mm256_cvtepu16_epi32(_mm_shuffle_epi8(words, order));
    next += 2 * std::popcount(mask);
    const __m256i shift = _mm256_and_si256(low, _mm256_set1_epi32(16));
    return _mm256_or_si256(_mm256_sllv_epi32(x, shift), mine);
}

// Lanes but those that fit put their low 16 bits below `next`, in lane order, and keep the rest.
BITX_AVX2 inline __m256i put_words(__m256i x, __m256i fits, std::uint16_t*& next) noexcept {
    const unsigned mask = lane_mask(fits) ^ 0xff;
    const __m256i low = _mm256_and_si256(x, _mm256_set1_epi32(0xffff));
    const __m256i ordered = _mm256_permutevar8x32_epi32(low, load8(permutations.compress[mask]));
    const __m128i words =
        _mm_packus_epi32(_mm256_castsi256_si128(ordered), _mm256_extracti128_si256(ordered, 1));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(next - width), words);
    next -= std::popcount(mask);
    return _mm256_blendv_epi8(_mm256_srli_epi32(x, 16), x, fits);
}

// entries[places], faster than the instruction of that name on most processors: it is microcode on AMD's, and
// slowed down against data sampling on Intel's.
BITX_AVX2 inline __m128i load4(const int* entries, std::uint64_t places01, std::uint64_t places23) noexcept {
    __m128i r = _mm_cvtsi32_si128(entries[static_cast<std::uint32_t>(places01)]);
    r = _mm_insert_epi32(r, entries[places01 >> 32], 1);
    r = _mm_insert_epi32(r, entries[static_cast<std::uint32_t>(places23)], 2);
    return _mm_insert_epi32(r, entries[places23 >> 32], 3);
}
BITX_AVX2 inline __m256i gather(const int* entries, __m256i places) noexcept {
    const __m128i low = _mm256_castsi256_si128(places);
    const __m128i high = _mm256_extracti128_si256(places, 1);
    return _mm256_inserti128_si256(
        _mm256_castsi128_si256(load4(entries, static_cast<std::uint64_t>(_mm_cvtsi128_si64(low)),
                                     static_cast<std::uint64_t>(_mm_extract_epi64(low, 1)))),
        load4(entries, static_cast<std::uint64_t>(_mm_cvtsi128_si64(high)),
              static_cast<std::uint64_t>(_mm_extract_epi64(high, 1))),
        1);
}

BITX_AVX2 inline __m256i low_bits(__m256i bits) noexcept {
    return _mm256_sub_epi32(_mm256_sllv_epi32(_mm256_set1_epi32(1), bits), _mm256_set1_epi32(1));
}

// Extra bits of tokens: max(token >> (1 + mantissa), 1) - 1.
BITX_AVX2 inline __m256i extra_counts(__m256i token, __m128i exponent_shift) noexcept {
    const __m256i one = _mm256_set1_epi32(1);
    return _mm256_sub_epi32(_mm256_max_epu32(_mm256_srl_epi32(token, exponent_shift), one), one);
}

BITX_AVX2 inline __m256i put_bits(__m256i x, __m256i value, __m256i bits, std::uint16_t*& next) noexcept {
    // state >> (32 - bits) != 0; a shift by 32 gives 0
    const __m256i over = _mm256_srlv_epi32(x, _mm256_sub_epi32(_mm256_set1_epi32(32), bits));
    x = put_words(x, _mm256_cmpeq_epi32(over, _mm256_setzero_si256()), next);
    return _mm256_or_si256(_mm256_sllv_epi32(x, bits), value);
}

// x / frequency, exactly: x < frequency * 2^22, so a float's quotient is off by one at most.
BITX_AVX2 inline __m256i step(__m256i x, __m256i frequency, __m256i start) noexcept {
    const __m256 half = _mm256_cvtepi32_ps(_mm256_srli_epi32(x, 1));
    const __m256 quotient = _mm256_div_ps(_mm256_add_ps(half, half), _mm256_cvtepi32_ps(frequency));
    __m256i q = _mm256_cvttps_epi32(quotient);
    __m256i rest = _mm256_sub_epi32(x, _mm256_mullo_epi32(q, frequency));
    const __m256i below = _mm256_srai_epi32(rest, 31);
    q = _mm256_add_epi32(q, below);
    rest = _mm256_add_epi32(rest, _mm256_and_si256(below, frequency));
    const __m256i fits = _mm256_cmpgt_epi32(frequency, rest);
    q = _mm256_add_epi32(q, _mm256_andnot_si256(fits, _mm256_set1_epi32(1)));
    rest = _mm256_sub_epi32(rest, _mm256_andnot_si256(fits, frequency));
    return _mm256_add_epi32(_mm256_add_epi32(_mm256_slli_epi32(q, probability_bits), rest), start);
}

struct Groups {
    template <unsigned Mantissa, unsigned Lanes>
    BITX_AVX2 static void decode(RansDecoder& decoder, const DecodeTable* tables,
                                 const std::uint8_t* contexts, std::size_t groups,
                                 std::uint32_t* differences) noexcept {
        const auto* slots = reinterpret_cast<const int*>(tables);
        const __m256i slot_mask = _mm256_set1_epi32(probability_one - 1);
        const __m256i byte = _mm256_set1_epi32(0xff);
        const __m256i one = _mm256_set1_epi32(1);
        const __m256i sixteen = _mm256_set1_epi32(16);
        const __m128i exponent_shift = _mm_cvtsi32_si128(1 + Mantissa);
        constexpr unsigned vectors = Lanes / width;
        __m256i x[vectors];
        for (unsigned v = 0; v < vectors; ++v) x[v] = load_state(decoder.states, v);
        const std::byte* next = decoder.next;
        for (; groups > 0; --groups, contexts += Lanes, differences += Lanes) {
            __m256i token[vectors];
            __m256i count[vectors];
            __m256i extra[vectors];
            __m256i most = _mm256_setzero_si256();
            for (unsigned v = 0; v < vectors; ++v) {
                const __m256i slot = _mm256_and_si256(x[v], slot_mask);
                const __m256i place =
                    _mm256_or_si256(_mm256_slli_epi32(load8(contexts + v * width), probability_bits), slot);
                const __m256i entry = gather(slots, place);
                token[v] = _mm256_and_si256(entry, byte);
                const __m256i frequency = _mm256_and_si256(_mm256_srli_epi32(entry, 8), slot_mask);
                x[v] =
                    _mm256_add_epi32(_mm256_mullo_epi32(frequency, _mm256_srli_epi32(x[v], probability_bits)),
                                     _mm256_srli_epi32(entry, 20));
                count[v] = extra_counts(token[v], exponent_shift);
                most = _mm256_max_epu32(most, count[v]);
                extra[v] = _mm256_setzero_si256();
            }
            for (unsigned v = 0; v < vectors; ++v) x[v] = refill(x[v], next);
            if (Mantissa != whole_tokens && !_mm256_testz_si256(most, most)) {
                for (unsigned v = 0; v < vectors; ++v) {
                    const __m256i bits = Mantissa == 3 ? count[v] : _mm256_min_epu32(count[v], sixteen);
                    const __m256i left = _mm256_srlv_epi32(x[v], bits);
                    extra[v] = _mm256_sub_epi32(x[v], _mm256_sllv_epi32(left, bits));
                    x[v] = left;
                }
                for (unsigned v = 0; v < vectors; ++v) x[v] = refill(x[v], next);
            }
            if (Mantissa < 3 && lane_mask(_mm256_cmpgt_epi32(most, sixteen)) != 0) {
                for (unsigned v = 0; v < vectors; ++v) {
                    const __m256i bits = _mm256_subs_epu16(count[v], sixteen);
                    const __m256i high = _mm256_and_si256(x[v], low_bits(bits));
                    extra[v] = _mm256_or_si256(extra[v], _mm256_slli_epi32(high, 16));
                    x[v] = _mm256_srlv_epi32(x[v], bits);
                }
                for (unsigned v = 0; v < vectors; ++v) x[v] = refill(x[v], next);
            }
            for (unsigned v = 0; v < vectors; ++v) {
                // token = 2 * (2^Mantissa * count + leading) + sign; small ones have no extra bits
                const __m256i rest = _mm256_sub_epi32(token[v], _mm256_slli_epi32(count[v], 1 + Mantissa));
                const __m256i magnitude =
                    _mm256_or_si256(_mm256_sllv_epi32(_mm256_srli_epi32(rest, 1), count[v]), extra[v]);
                _mm256_storeu_si256(
                    reinterpret_cast<__m256i*>(differences + v * width),
                    _mm256_or_si256(_mm256_slli_epi32(magnitude, 1), _mm256_and_si256(token[v], one)));
            }
        }
        for (unsigned v = 0; v < vectors; ++v) store_state(decoder.states, v, x[v]);
        decoder.next = next;
    }

    template <unsigned Mantissa, unsigned Lanes>
    BITX_AVX2 static void encode(RansEncoder& encoder, const EncodeTable* tables,
                                 const std::uint8_t* contexts, const std::uint8_t* tokens,
                                 const std::uint32_t* differences, std::size_t groups) noexcept {
        const auto* entries = reinterpret_cast<const int*>(tables);
        const __m256i sixteen = _mm256_set1_epi32(16);
        const __m128i exponent_shift = _mm_cvtsi32_si128(1 + Mantissa);
        constexpr unsigned vectors = Lanes / width;
        __m256i x[vectors];
        for (unsigned v = 0; v < vectors; ++v) x[v] = load_state(encoder.states, v);
        std::uint16_t* next = encoder.next;
        for (std::size_t group = groups; group-- > 0;) {
            const std::size_t first = group * Lanes;
            __m256i token[vectors];
            __m256i count[vectors];
            __m256i extra[vectors];
            __m256i most = _mm256_setzero_si256();
            for (unsigned v = 0; v < vectors; ++v) {
                token[v] = load8(tokens + first + v * width);
                count[v] = extra_counts(token[v], exponent_shift);
                most = _mm256_max_epu32(most, count[v]);
                if constexpr (Mantissa == whole_tokens) continue;
                const __m256i z =
                    _mm256_loadu_si256(reinterpret_cast<const __m256i*>(differences + first + v * width));
                extra[v] = _mm256_and_si256(_mm256_srli_epi32(z, 1), low_bits(count[v]));
            }
            if (Mantissa < 3 && lane_mask(_mm256_cmpgt_epi32(most, sixteen)) != 0)
                for (unsigned v = vectors; v-- > 0;)
                    x[v] = put_bits(x[v], _mm256_srli_epi32(extra[v], 16),
                                    _mm256_subs_epu16(count[v], sixteen), next);
            if (Mantissa != whole_tokens && !_mm256_testz_si256(most, most))
                for (unsigned v = vectors; v-- > 0;)
                    x[v] = put_bits(x[v], _mm256_and_si256(extra[v], _mm256_set1_epi32(0xffff)),
                                    _mm256_min_epu32(count[v], sixteen), next);
            for (unsigned v = vectors; v-- > 0;) {
                const __m256i place =
                    _mm256_or_si256(_mm256_slli_epi32(load8(contexts + first + v * width), 8), token[v]);
                const __m256i entry = gather(entries, place);
                const __m256i frequency = _mm256_and_si256(entry, _mm256_set1_epi32(0xffff));
                const __m256i fits =
                    _mm256_cmpgt_epi32(frequency, _mm256_srli_epi32(x[v], 32 - probability_bits));
                x[v] = put_words(x[v], fits, next);
                x[v] = step(x[v], frequency, _mm256_srli_epi32(entry, 16));
            }
        }
        for (unsigned v = 0; v < vectors; ++v) store_state(encoder.states, v, x[v]);
        encoder.next = next;
    }
};

}  // namespace

void rans_decode(RansDecoder& decoder, const DecodeTable* tables, const std::uint8_t* contexts,
                 std::size_t count, unsigned mantissa, std::uint32_t* differences) noexcept {
    decode_by_lanes<Groups, 8, scalar::rans_decode>(decoder, tables, contexts, count, mantissa, differences);
}

void rans_encode(RansEncoder& encoder, const EncodeTable* tables, const std::uint8_t* contexts,
                 const std::uint8_t* tokens, const std::uint32_t* differences, std::size_t count,
                 unsigned mantissa) noexcept {
    encode_by_lanes<Groups, 8, scalar::rans_encode>(encoder, tables, contexts, tokens, differences, count,
                                                    mantissa);
}

}  // namespace bitx::codec::kernel::avx2
#endif
