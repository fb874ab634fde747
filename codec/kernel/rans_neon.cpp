#if defined(__aarch64__)
#include <cstring>

#include <arm_neon.h>

#include "codec/kernel/rans_groups.hpp"
#include "codec/kernel/token.hpp"

namespace bitx::codec::kernel::neon {
namespace {

constexpr unsigned width = 4;

// For each mask of 4 lanes: which bytes of the next 4 words each of them takes (expand; none: 0), and which
// bytes of the lanes the last words are (compress, right-aligned).
struct Permutations {
    alignas(64) std::uint8_t expand[16][16];
    alignas(64) std::uint8_t compress[16][8];

    constexpr Permutations() : expand(), compress() {
        for (unsigned mask = 0; mask < 16; ++mask) {
            unsigned taken = 0;
            for (unsigned lane = 0; lane < width; ++lane) {
                const bool takes = mask >> lane & 1;
                for (unsigned byte = 0; byte < 4; ++byte)
                    expand[mask][4 * lane + byte] =
                        static_cast<std::uint8_t>(takes && byte < 2 ? 2 * taken + byte : 0xff);
                taken += takes;
            }
            unsigned place = 2 * (width - taken);
            for (unsigned lane = 0; lane < width; ++lane)
                if (mask >> lane & 1)
                    for (unsigned byte = 0; byte < 2; ++byte)
                        compress[mask][place++] = static_cast<std::uint8_t>(4 * lane + byte);
        }
    }
};
constexpr Permutations permutations;

inline uint32x4_t load4(const std::uint8_t* bytes) noexcept {
    std::uint32_t four;
    std::memcpy(&four, bytes, sizeof four);
    return vmovl_u16(vget_low_u16(vmovl_u8(vcreate_u8(four))));
}

struct Lanes4 {
    unsigned mask;
    unsigned count;
};

// Of lanes that are all ones or 0: one sum says which and how many.
inline Lanes4 lanes_of_mask(uint32x4_t lanes) noexcept {
    constexpr std::uint32_t parts[width] = {0x11, 0x12, 0x14, 0x18};
    const std::uint32_t sum = vaddvq_u32(vandq_u32(lanes, vld1q_u32(parts)));
    return {sum & 0xf, sum >> 4};
}

inline uint32x4_t shift_left(uint32x4_t x, uint32x4_t bits) noexcept {
    return vshlq_u32(x, vreinterpretq_s32_u32(bits));
}

inline uint32x4_t shift_right(uint32x4_t x, uint32x4_t bits) noexcept {
    return vshlq_u32(x, vnegq_s32(vreinterpretq_s32_u32(bits)));
}

// Lanes below 2^16 take the next words, in lane order.
inline uint32x4_t refill(uint32x4_t x, const std::byte*& next) noexcept {
    const uint32x4_t low = vcltq_u32(x, vdupq_n_u32(rans_low));
    const Lanes4 taking = lanes_of_mask(low);
    const uint8x8_t words = vld1_u8(reinterpret_cast<const std::uint8_t*>(next));
    const uint8x16_t mine =
        vqtbl1q_u8(vcombine_u8(words, vdup_n_u8(0)), vld1q_u8(permutations.expand[taking.mask]));
    next += 2 * taking.count;
    return vorrq_u32(shift_left(x, vandq_u32(low, vdupq_n_u32(16))), vreinterpretq_u32_u8(mine));
}

// Lanes but those that fit put their low 16 bits below `next`, in lane order, and keep the rest.
inline uint32x4_t put_words(uint32x4_t x, uint32x4_t fits, std::uint16_t*& next) noexcept {
    const Lanes4 putting = lanes_of_mask(vmvnq_u32(fits));
    const uint8x8_t words = vqtbl1_u8(vreinterpretq_u8_u32(x), vld1_u8(permutations.compress[putting.mask]));
    vst1_u8(reinterpret_cast<std::uint8_t*>(next - width), words);
    next -= putting.count;
    return vbslq_u32(fits, x, vshrq_n_u32(x, 16));
}

// entries[places]; in two halves, which do not wait for each other.
inline uint32x4_t gather(const std::uint32_t* entries, uint32x4_t places) noexcept {
    const std::uint64_t places01 = vgetq_lane_u64(vreinterpretq_u64_u32(places), 0);
    const std::uint64_t places23 = vgetq_lane_u64(vreinterpretq_u64_u32(places), 1);
    const uint32x2_t low = vld1_dup_u32(entries + static_cast<std::uint32_t>(places01));
    const uint32x2_t high = vld1_dup_u32(entries + static_cast<std::uint32_t>(places23));
    return vcombine_u32(vld1_lane_u32(entries + (places01 >> 32), low, 1),
                        vld1_lane_u32(entries + (places23 >> 32), high, 1));
}

inline uint32x4_t low_bits(uint32x4_t bits) noexcept {
    return vsubq_u32(shift_left(vdupq_n_u32(1), bits), vdupq_n_u32(1));
}

// Extra bits of tokens: max(token >> (1 + mantissa), 1) - 1.
template <unsigned Mantissa>
inline uint32x4_t extra_counts(uint32x4_t token) noexcept {
    return vqsubq_u32(vshrq_n_u32(token, 1 + Mantissa), vdupq_n_u32(1));
}

inline uint32x4_t put_bits(uint32x4_t x, uint32x4_t value, uint32x4_t bits, std::uint16_t*& next) noexcept {
    // state >> (32 - bits) != 0; a shift by 32 gives 0
    const uint32x4_t over = shift_right(x, vsubq_u32(vdupq_n_u32(32), bits));
    x = put_words(x, vceqzq_u32(over), next);
    return vorrq_u32(shift_left(x, bits), value);
}

// x / frequency, exactly: x < frequency * 2^22, so the quotient is below 2^22. Conversion and division,
// rounded to the nearest, are each off by one part in 2^24 at most, together by little more than a half: cut
// off to an integer, the quotient is one too few or too many at most, and the remainder tells.
inline uint32x4_t step(uint32x4_t x, uint32x4_t frequency, uint32x4_t start) noexcept {
    uint32x4_t q = vcvtq_u32_f32(vdivq_f32(vcvtq_f32_u32(x), vcvtq_f32_u32(frequency)));
    uint32x4_t rest = vmlsq_u32(x, q, frequency);
    const uint32x4_t below = vcltzq_s32(vreinterpretq_s32_u32(rest));
    q = vaddq_u32(q, below);
    rest = vaddq_u32(rest, vandq_u32(below, frequency));
    const uint32x4_t above = vcgeq_u32(rest, frequency);
    q = vsubq_u32(q, above);
    rest = vsubq_u32(rest, vandq_u32(above, frequency));
    return vaddq_u32(vaddq_u32(vshlq_n_u32(q, probability_bits), rest), start);
}

struct Groups {
    template <unsigned Mantissa, unsigned Lanes>
    static void decode(RansDecoder& decoder, const DecodeTable* tables, const std::uint8_t* contexts,
                       std::size_t groups, std::uint32_t* differences) noexcept {
        const auto* slots = reinterpret_cast<const std::uint32_t*>(tables);
        const uint32x4_t slot_mask = vdupq_n_u32(probability_one - 1);
        const uint32x4_t sixteen = vdupq_n_u32(16);
        constexpr unsigned vectors = Lanes / width;
        uint32x4_t x[vectors];
        for (unsigned v = 0; v < vectors; ++v) x[v] = vld1q_u32(&decoder.states[v * width]);
        const std::byte* next = decoder.next;
        for (; groups > 0; --groups, contexts += Lanes, differences += Lanes) {
            uint32x4_t token[vectors];
            uint32x4_t count[vectors];
            uint32x4_t extra[vectors];
            uint32x4_t all = vdupq_n_u32(0);
            for (unsigned v = 0; v < vectors; ++v) {
                const uint32x4_t slot = vandq_u32(x[v], slot_mask);
                const uint32x4_t place =
                    vorrq_u32(vshlq_n_u32(load4(contexts + v * width), probability_bits), slot);
                const uint32x4_t entry = gather(slots, place);
                token[v] = vandq_u32(entry, vdupq_n_u32(0xff));
                const uint32x4_t frequency = vandq_u32(vshrq_n_u32(entry, 8), slot_mask);
                x[v] = vmlaq_u32(vshrq_n_u32(entry, 20), frequency, vshrq_n_u32(x[v], probability_bits));
                count[v] = extra_counts<Mantissa>(token[v]);
                all = vmaxq_u32(all, count[v]);
                extra[v] = vdupq_n_u32(0);
            }
            for (unsigned v = 0; v < vectors; ++v) x[v] = refill(x[v], next);
            const std::uint32_t most = Mantissa == whole_tokens ? 0 : vmaxvq_u32(all);
            if (most > 0) {
                for (unsigned v = 0; v < vectors; ++v) {
                    const uint32x4_t bits = vminq_u32(count[v], sixteen);
                    extra[v] = vandq_u32(x[v], low_bits(bits));
                    x[v] = shift_right(x[v], bits);
                }
                for (unsigned v = 0; v < vectors; ++v) x[v] = refill(x[v], next);
            }
            if (Mantissa < 3 && most > 16) {
                for (unsigned v = 0; v < vectors; ++v) {
                    const uint32x4_t bits = vqsubq_u32(count[v], sixteen);
                    const uint32x4_t high = vandq_u32(x[v], low_bits(bits));
                    extra[v] = vorrq_u32(extra[v], vshlq_n_u32(high, 16));
                    x[v] = shift_right(x[v], bits);
                }
                for (unsigned v = 0; v < vectors; ++v) x[v] = refill(x[v], next);
            }
            for (unsigned v = 0; v < vectors; ++v) {
                // token = 2 * (2^Mantissa * count + leading) + sign; small ones have no extra bits
                const uint32x4_t rest = vsubq_u32(token[v], vshlq_n_u32(count[v], 1 + Mantissa));
                const uint32x4_t magnitude = vorrq_u32(shift_left(vshrq_n_u32(rest, 1), count[v]), extra[v]);
                vst1q_u32(differences + v * width,
                          vorrq_u32(vshlq_n_u32(magnitude, 1), vandq_u32(token[v], vdupq_n_u32(1))));
            }
        }
        for (unsigned v = 0; v < vectors; ++v) vst1q_u32(&decoder.states[v * width], x[v]);
        decoder.next = next;
    }

    template <unsigned Mantissa, unsigned Lanes>
    static void encode(RansEncoder& encoder, const EncodeTable* tables, const std::uint8_t* contexts,
                       const std::uint8_t* tokens, const std::uint32_t* differences,
                       std::size_t groups) noexcept {
        const auto* entries = reinterpret_cast<const std::uint32_t*>(tables);
        const uint32x4_t sixteen = vdupq_n_u32(16);
        const uint32x4_t word = vdupq_n_u32(0xffff);
        constexpr unsigned vectors = Lanes / width;
        uint32x4_t x[vectors];
        for (unsigned v = 0; v < vectors; ++v) x[v] = vld1q_u32(&encoder.states[v * width]);
        std::uint16_t* next = encoder.next;
        for (std::size_t group = groups; group-- > 0;) {
            const std::size_t first = group * Lanes;
            uint32x4_t token[vectors];
            uint32x4_t count[vectors];
            uint32x4_t extra[vectors];
            uint32x4_t all = vdupq_n_u32(0);
            for (unsigned v = 0; v < vectors; ++v) {
                token[v] = load4(tokens + first + v * width);
                if constexpr (Mantissa == whole_tokens) continue;
                count[v] = extra_counts<Mantissa>(token[v]);
                all = vmaxq_u32(all, count[v]);
                const uint32x4_t z = vld1q_u32(differences + first + v * width);
                extra[v] = vandq_u32(vshrq_n_u32(z, 1), low_bits(count[v]));
            }
            const std::uint32_t most = Mantissa == whole_tokens ? 0 : vmaxvq_u32(all);
            if (Mantissa < 3 && most > 16)
                for (unsigned v = vectors; v-- > 0;)
                    x[v] = put_bits(x[v], vshrq_n_u32(extra[v], 16), vqsubq_u32(count[v], sixteen), next);
            if (Mantissa != whole_tokens && most > 0)
                for (unsigned v = vectors; v-- > 0;)
                    x[v] = put_bits(x[v], vandq_u32(extra[v], word), vminq_u32(count[v], sixteen), next);
            for (unsigned v = vectors; v-- > 0;) {
                const uint32x4_t place =
                    vorrq_u32(vshlq_n_u32(load4(contexts + first + v * width), 8), token[v]);
                const uint32x4_t entry = gather(entries, place);
                const uint32x4_t frequency = vandq_u32(entry, word);
                const uint32x4_t fits = vcgtq_u32(frequency, vshrq_n_u32(x[v], 32 - probability_bits));
                x[v] = put_words(x[v], fits, next);
                x[v] = step(x[v], frequency, vshrq_n_u32(entry, 16));
            }
        }
        for (unsigned v = 0; v < vectors; ++v) vst1q_u32(&encoder.states[v * width], x[v]);
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

}  // namespace bitx::codec::kernel::neon
#endif
