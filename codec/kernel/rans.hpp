#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

/// Entropy coding of tokens by range asymmetric numeral systems, each token with the distribution of its own
/// context, up to 32 coders interleaved.
///
/// Sources: Duda, "Asymmetric numeral systems: entropy coding combining speed of Huffman coding with
/// compression rate of arithmetic coding", 2013; Giesen, "Interleaved entropy coders", 2014. States have 32
/// bits, at least 2^16 between steps; frequencies sum to 2^10; a step moves one 16-bit word at most.
///
/// Of L lanes, element i belongs to lane i mod L. A group is one element of each lane (the last group may be
/// shorter). A decoder takes, group by group, in three steps over the lanes in their order:
///   1. the token by its context's distribution;
///   2. the low 16 of the token's extra bits (all of them, where there are no more);
///   3. the rest of the extra bits.
/// After each step, each lane whose state is below 2^16 takes the stream's next word as its low 16 bits.
///
/// The kernels neither allocate nor fail, and give the same bytes on every machine. Their callers validate.
namespace bitx::codec::kernel {

inline constexpr unsigned rans_lanes = 32;
inline constexpr unsigned probability_bits = 10;
inline constexpr std::uint32_t probability_one = 1U << probability_bits;
inline constexpr unsigned tokens_per_table = 256;
inline constexpr unsigned max_tables = 32;
/// A state starts and ends here.
inline constexpr std::uint32_t rans_low = 1U << 16;

/// A decoder's view of one distribution: for each of 1024 slots, token | frequency << 8 | (slot - start)
/// << 20.
using DecodeTable = std::array<std::uint32_t, probability_one>;

/// An encoder's view: for each token, frequency | start << 16. A token that occurs has a frequency of 1 to
/// 1023.
using EncodeTable = std::array<std::uint32_t, tokens_per_table>;

using RansStates = std::array<std::uint32_t, rans_lanes>;

/// The lanes that a stream of `count` elements has: each costs about 3 bytes, which a short one does not pay
/// for.
constexpr unsigned lanes_of(std::size_t count) {
    return std::clamp(std::bit_floor(static_cast<unsigned>(std::min<std::size_t>(count / 512, rans_lanes))),
                      1U, rans_lanes);
}

inline constexpr RansStates every_state_low = [] {
    RansStates states{};
    states.fill(rans_low);
    return states;
}();

struct RansDecoder {
    RansStates states = every_state_low;
    unsigned lanes = rans_lanes;      ///< a power of two
    const std::byte* next = nullptr;  ///< the stream's next word, of any alignment
};

struct RansEncoder {
    RansStates states = every_state_low;
    unsigned lanes = rans_lanes;    ///< a power of two
    std::uint16_t* next = nullptr;  ///< words are written downwards, just below this
};

inline constexpr std::size_t rans_look_ahead = 16;

/// Decodes `count` differences; `contexts[i]` selects the table of element i. `count` is a multiple of
/// the lanes except in the last call for a stream. Takes at most 3 words an element, and may look at
/// rans_look_ahead more: the caller sees to it that there are as many, whether they belong to the stream or
/// not.
void rans_decode(RansDecoder& decoder, const DecodeTable* tables, const std::uint8_t* contexts,
                 std::size_t count, unsigned mantissa, std::uint32_t* differences) noexcept;

/// Encodes `count` differences, last first: a stream's last elements are given in the first call, and `count`
/// is a multiple of the lanes except in that. `tokens[i]` is the token of differences[i]; with whole_tokens,
/// `differences` is not looked at. Writes at most 3 words an element, and may scribble up to 16 words below
/// them.
void rans_encode(RansEncoder& encoder, const EncodeTable* tables, const std::uint8_t* contexts,
                 const std::uint8_t* tokens, const std::uint32_t* differences, std::size_t count,
                 unsigned mantissa) noexcept;

// One implementation an instruction set; tests compare them. Call one only where the machine has it.
namespace scalar {
void rans_decode(RansDecoder&, const DecodeTable*, const std::uint8_t*, std::size_t, unsigned,
                 std::uint32_t*) noexcept;
void rans_encode(RansEncoder&, const EncodeTable*, const std::uint8_t*, const std::uint8_t*,
                 const std::uint32_t*, std::size_t, unsigned) noexcept;
}  // namespace scalar
namespace avx2 {
void rans_decode(RansDecoder&, const DecodeTable*, const std::uint8_t*, std::size_t, unsigned,
                 std::uint32_t*) noexcept;
void rans_encode(RansEncoder&, const EncodeTable*, const std::uint8_t*, const std::uint8_t*,
                 const std::uint32_t*, std::size_t, unsigned) noexcept;
}  // namespace avx2
namespace avx512 {
void rans_decode(RansDecoder&, const DecodeTable*, const std::uint8_t*, std::size_t, unsigned,
                 std::uint32_t*) noexcept;
void rans_encode(RansEncoder&, const EncodeTable*, const std::uint8_t*, const std::uint8_t*,
                 const std::uint32_t*, std::size_t, unsigned) noexcept;
}  // namespace avx512
namespace neon {
void rans_decode(RansDecoder&, const DecodeTable*, const std::uint8_t*, std::size_t, unsigned,
                 std::uint32_t*) noexcept;
void rans_encode(RansEncoder&, const EncodeTable*, const std::uint8_t*, const std::uint8_t*,
                 const std::uint32_t*, std::size_t, unsigned) noexcept;
}  // namespace neon

}  // namespace bitx::codec::kernel
