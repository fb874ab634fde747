#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

/// How a number becomes a symbol of a small alphabet and some raw bits.
///
/// A zigzagged difference z of up to 32 bits is a magnitude g = z >> 1 and a sign z & 1. The magnitude is
/// written as a float of `Mantissa` bits: h = exponent << Mantissa | mantissa, exact below 2^(Mantissa + 1),
/// truncated above; what is cut off is its `extra_bits` raw bits. The token is h << 1 | sign: small
/// differences have a token each, large ones share one with their like, where the density hardly changes.
namespace bitx::codec::kernel {

/// Mantissa bits of tokens: fewer for wide elements, so that every alphabet has at most 256 tokens.
constexpr unsigned token_mantissa(unsigned width) {
    return width <= 2 ? 3 : 2;
}

/// As a number of mantissa bits: every number below 256 is its own token, without extra bits.
inline constexpr unsigned whole_tokens = 7;

/// The number of tokens for differences of `bits` bits (8, 16 or 32).
constexpr unsigned token_count(unsigned bits, unsigned mantissa) {
    return (bits + 1 - mantissa) << mantissa;
}

/// Raw bits that follow a token.
constexpr unsigned extra_bits(unsigned token, unsigned mantissa) {
    const unsigned exponent = token >> 1 >> mantissa;
    return exponent > 1 ? exponent - 1 : 0;
}

constexpr std::uint32_t token_of(std::uint32_t z, unsigned mantissa) {
    const std::uint32_t g = z >> 1;
    if (g >> mantissa == 0) return z;
    const unsigned shift = static_cast<unsigned>(std::bit_width(g)) - 1 - mantissa;
    return (((shift + 1) << mantissa) + ((g >> shift) & ((1U << mantissa) - 1))) << 1 | (z & 1);
}

/// The difference of a token and its extra bits; inverse of token_of with extra = (z >> 1) mod 2^extra_bits.
constexpr std::uint32_t difference_of(std::uint32_t token, std::uint32_t extra, unsigned mantissa) {
    const std::uint32_t h = token >> 1;
    const std::uint32_t exponent = h >> mantissa;
    if (exponent == 0) return token;
    const std::uint32_t leading = (h & ((1U << mantissa) - 1)) | 1U << mantissa;
    return (leading << (exponent - 1) | extra) << 1 | (token & 1);
}

}  // namespace bitx::codec::kernel
