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
inline constexpr unsigned scale_classes = 16;
/// A cell is an exponent class and a scale class: exponent * 16 + scale.
inline constexpr unsigned cell_count = exponent_classes * scale_classes;

/// Which exponents have a class of their own: `count` from `lowest` on; what is outside joins the nearest.
struct ExponentWindow {
    unsigned lowest = 0;
    unsigned count = 1;  ///< 1 to exponent_classes
};

/// differences[i] = zigzagged difference of element i; for 64-bit elements its upper half, the lower half in
/// `low` (otherwise unused, may be null).
void ulp_difference(NumberFormat format, const std::byte* elements, const std::byte* base, std::size_t count,
                    std::uint32_t* differences, std::uint32_t* low) noexcept;

/// The inverse of ulp_difference.
void ulp_apply(NumberFormat format, const std::uint32_t* differences, const std::uint32_t* low,
               const std::byte* base, std::size_t count, std::byte* elements) noexcept;

/// low[i] = the low byte of differences[i], which is shifted out of it. `join_low` is the inverse.
void split_low(std::uint32_t* differences, std::size_t count, std::byte* low) noexcept;
void join_low(std::uint32_t* differences, std::size_t count, const std::byte* low) noexcept;

/// classes[i] = the biased exponent of base i less the window's lowest, clamped to the window; 0 for
/// integers.
void exponent_class(NumberFormat format, const std::byte* base, std::size_t count, ExponentWindow window,
                    std::uint8_t* classes) noexcept;

/// tokens[i] = token_of(differences[i], mantissa).
void tokenize(const std::uint32_t* differences, std::size_t count, unsigned mantissa,
              std::uint8_t* tokens) noexcept;

/// counts[contexts[i] * 256 + tokens[i]] is increased for each i.
void count_tokens(const std::uint8_t* tokens, const std::uint8_t* contexts, std::size_t count,
                  std::uint32_t* counts) noexcept;

/// classes[i] = (row + columns[i]) / 2, rounded down and clamped to 0..15; row and columns are -64 to 63.
void scale_class(std::int8_t row, const std::int8_t* columns, std::size_t count,
                 std::uint8_t* classes) noexcept;

/// contexts[i] = context_of_cell[exponents[i] * 16 + scales[i]], for exponents below `exponent_count` and
/// scales below 16. The table has exponent_count * 16 entries.
void context_of(const std::uint8_t* context_of_cell, unsigned exponent_count, const std::uint8_t* exponents,
                const std::uint8_t* scales, std::size_t count, std::uint8_t* contexts) noexcept;

// One implementation an instruction set; tests compare them. Call one only where the machine has it.
namespace scalar {
void context_of(const std::uint8_t* context_of_cell, unsigned exponent_count, const std::uint8_t* exponents,
                const std::uint8_t* scales, std::size_t count, std::uint8_t* contexts) noexcept;
}
namespace avx2 {
void context_of(const std::uint8_t* context_of_cell, unsigned exponent_count, const std::uint8_t* exponents,
                const std::uint8_t* scales, std::size_t count, std::uint8_t* contexts) noexcept;
}
namespace neon {
void context_of(const std::uint8_t* context_of_cell, unsigned exponent_count, const std::uint8_t* exponents,
                const std::uint8_t* scales, std::size_t count, std::uint8_t* contexts) noexcept;
}

}  // namespace bitx::codec::kernel
