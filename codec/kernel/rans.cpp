#include "codec/kernel/rans.hpp"

#include <algorithm>
#include <cstring>

#include "codec/kernel/simd.hpp"
#include "codec/kernel/token.hpp"

namespace bitx::codec::kernel {

void rans_decode(RansDecoder& decoder, const DecodeTable* tables, const std::uint8_t* contexts,
                 std::size_t count, unsigned mantissa, std::uint32_t* differences) noexcept {
#if defined(__x86_64__)
    if (simd() == Simd::avx512)
        return avx512::rans_decode(decoder, tables, contexts, count, mantissa, differences);
    if (simd() == Simd::avx2)
        return avx2::rans_decode(decoder, tables, contexts, count, mantissa, differences);
#elif defined(__aarch64__)
    if (simd() == Simd::neon)
        return neon::rans_decode(decoder, tables, contexts, count, mantissa, differences);
#endif
    scalar::rans_decode(decoder, tables, contexts, count, mantissa, differences);
}

void rans_encode(RansEncoder& encoder, const EncodeTable* tables, const std::uint8_t* contexts,
                 const std::uint8_t* tokens, const std::uint32_t* differences, std::size_t count,
                 unsigned mantissa) noexcept {
#if defined(__x86_64__)
    if (simd() == Simd::avx512)
        return avx512::rans_encode(encoder, tables, contexts, tokens, differences, count, mantissa);
    if (simd() == Simd::avx2)
        return avx2::rans_encode(encoder, tables, contexts, tokens, differences, count, mantissa);
#elif defined(__aarch64__)
    if (simd() == Simd::neon)
        return neon::rans_encode(encoder, tables, contexts, tokens, differences, count, mantissa);
#endif
    scalar::rans_encode(encoder, tables, contexts, tokens, differences, count, mantissa);
}

namespace scalar {
namespace {

void refill(RansDecoder& decoder, std::uint32_t& state) noexcept {
    if (state >= rans_low) return;
    std::uint16_t word;
    std::memcpy(&word, decoder.next, sizeof word);
    decoder.next += sizeof word;
    state = state << 16 | word;
}

void put_word(RansEncoder& encoder, std::uint32_t& state) noexcept {
    const auto word = static_cast<std::uint16_t>(state);
    std::memcpy(--encoder.next, &word, sizeof word);
    state >>= 16;
}

void put_bits(RansEncoder& encoder, std::uint32_t& state, std::uint32_t value, unsigned bits) noexcept {
    if (bits == 0) return;
    if (state >> (32 - bits) != 0) put_word(encoder, state);
    state = state << bits | value;
}

}  // namespace

void rans_decode(RansDecoder& decoder, const DecodeTable* tables, const std::uint8_t* contexts,
                 std::size_t count, unsigned mantissa, std::uint32_t* differences) noexcept {
    for (std::size_t first = 0; first < count; first += decoder.lanes) {
        const auto lanes = static_cast<unsigned>(std::min<std::size_t>(decoder.lanes, count - first));
        std::array<std::uint32_t, rans_lanes> tokens;
        unsigned most = 0;
        for (unsigned lane = 0; lane < lanes; ++lane) {
            std::uint32_t& state = decoder.states[lane];
            const std::uint32_t entry = tables[contexts[first + lane]][state % probability_one];
            tokens[lane] = entry & 0xff;
            state = (entry >> 8 & 0xfff) * (state >> probability_bits) + (entry >> 20);
            refill(decoder, state);
            most = std::max(most, extra_bits(tokens[lane], mantissa));
        }
        std::array<std::uint32_t, rans_lanes> extras{};
        for (unsigned done = 0; done < most; done += 16)
            for (unsigned lane = 0; lane < lanes; ++lane) {
                std::uint32_t& state = decoder.states[lane];
                const unsigned all = extra_bits(tokens[lane], mantissa);
                const unsigned bits = all > done ? std::min(all - done, 16U) : 0;
                extras[lane] |= (state & ((1U << bits) - 1)) << done;
                state >>= bits;
                refill(decoder, state);
            }
        for (unsigned lane = 0; lane < lanes; ++lane)
            differences[first + lane] = difference_of(tokens[lane], extras[lane], mantissa);
    }
}

void rans_encode(RansEncoder& encoder, const EncodeTable* tables, const std::uint8_t* contexts,
                 const std::uint8_t* tokens, const std::uint32_t* differences, std::size_t count,
                 unsigned mantissa) noexcept {
    for (std::size_t end = count; end > 0;) {
        const std::size_t first = (end - 1) / encoder.lanes * encoder.lanes;
        for (const unsigned done : {16U, 0U})
            for (std::size_t i = end; i-- > first;) {
                const unsigned all = extra_bits(tokens[i], mantissa);
                if (all <= done) continue;
                const unsigned bits = std::min(all - done, 16U);
                put_bits(encoder, encoder.states[i - first], differences[i] >> 1 >> done & ((1U << bits) - 1),
                         bits);
            }
        for (std::size_t i = end; i-- > first;) {
            std::uint32_t& state = encoder.states[i - first];
            const std::uint32_t entry = tables[contexts[i]][tokens[i]];
            const std::uint32_t frequency = entry & 0xffff;
            if (state >> (32 - probability_bits) >= frequency) put_word(encoder, state);
            state = (state / frequency << probability_bits) + state % frequency + (entry >> 16);
        }
        end = first;
    }
}

}  // namespace scalar
}  // namespace bitx::codec::kernel
