#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace bitx::codec {

inline constexpr unsigned log_table_bits = 12;

/// log2 of 4096 to 8191, less 12, in units of 2^-16. Encoders compare costs by it, without floating point: it
/// decides no decoded bit.
extern const std::array<std::uint16_t, 1U << log_table_bits> log_table;

/// log2(value) in units of 2^-16, value > 0.
inline std::uint32_t log2_fixed(std::uint32_t value) {
    const auto top = static_cast<unsigned>(std::bit_width(value)) - 1;
    const std::uint32_t scaled =
        top >= log_table_bits ? value >> (top - log_table_bits) : value << (log_table_bits - top);
    return (top << 16) + log_table[scaled - (1U << log_table_bits)];
}

/// count * log2(count), in units of 2^-16.
inline std::uint64_t count_log_count(std::uint32_t count) {
    return count < 2 ? 0 : std::uint64_t{count} * log2_fixed(count);
}

}  // namespace bitx::codec
