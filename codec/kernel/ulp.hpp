#pragma once

#include <cstddef>
#include <cstdint>

/// The difference of two numbers, counted in units in the last place.
///
/// A number of w bits is mapped to an integer that grows with its value: a sign-magnitude float v to ~v where
/// its sign bit is set, else v with that bit set; an integer to itself. The difference of element and base is
/// taken modulo 2^w and, where the base is negative, negated: so it is positive where the magnitude grew.
/// Then it is zigzagged: z = 2d for d >= 0, -2d - 1 below. All of that is a bijection of the element for any
/// base: every bit pattern comes back, NaN payloads and -0 too. FM-Delta (Ning et al., 2024) codes such a
/// difference with one distribution; here the base's exponent chooses among several, because a fine-tune
/// moves weights by about one absolute amount, which is 2^-exponent in units in the last place.
///
/// The kernels neither allocate nor fail. Arrays may have any alignment and do not overlap.
namespace bitx::codec::kernel {

/// How the bits of an element are to be read. `exponent_bits` is 0 for integers.
struct NumberFormat {
    unsigned bits = 8;
    unsigned mantissa_bits = 0;
    unsigned exponent_bits = 0;
};

inline constexpr unsigned exponent_classes = 32;

/// differences[i] = zigzagged difference of element i; for 64-bit elements its upper half, the lower half in
/// `low` (otherwise unused, may be null).
void ulp_difference(NumberFormat format, const std::byte* elements, const std::byte* base, std::size_t count,
                    std::uint32_t* differences, std::uint32_t* low) noexcept;

/// The inverse of ulp_difference.
void ulp_apply(NumberFormat format, const std::uint32_t* differences, const std::uint32_t* low,
               const std::byte* base, std::size_t count, std::byte* elements) noexcept;

/// classes[i] = the biased exponent of base i less `lowest`, from 0 to exponent_classes - 1 (clamped); 0 for
/// integers.
void exponent_class(NumberFormat format, const std::byte* base, std::size_t count, unsigned lowest,
                    std::uint8_t* classes) noexcept;

/// tokens[i] = token_of(differences[i], mantissa).
void tokenize(const std::uint32_t* differences, std::size_t count, unsigned mantissa,
              std::uint8_t* tokens) noexcept;

/// counts[bins[i] * 256 + tokens[i]] is increased for each i.
void count_tokens(const std::uint8_t* tokens, const std::uint8_t* bins, std::size_t count,
                  std::uint32_t* counts) noexcept;

/// counts[(high[i] * 16 + low[i]) * 256 + tokens[i]] is increased for each i; low below 16.
void count_cells(const std::uint8_t* tokens, const std::uint8_t* high, const std::uint8_t* low,
                 std::size_t count, std::uint32_t* counts) noexcept;

/// cells[i] = table[high[i] * 16 + cells[i]], for cells below 16 and high below 32.
void look_up_cells(const std::uint8_t* high, const std::uint8_t* table, std::size_t count,
                   std::uint8_t* cells) noexcept;

/// classes[i] = (row + columns[i]) / 2, rounded down, from 0 to 15 (clamped).
void scale_class(std::int8_t row, const std::int8_t* columns, std::size_t count,
                 std::uint8_t* classes) noexcept;

}  // namespace bitx::codec::kernel
