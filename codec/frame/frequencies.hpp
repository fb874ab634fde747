#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "codec/kernel/rans.hpp"

namespace bitx::codec {

/// Frequencies of up to 256 symbols, summing to 1024; a symbol that occurs has at least 1.
using Frequencies = std::array<std::uint16_t, kernel::tokens_per_table>;

/// A distribution as it is stored: a level a symbol. 0: the symbol does not occur; 1: it has frequency 1;
/// above, its weight in quarter octaves.
using Levels = std::array<std::uint8_t, kernel::tokens_per_table>;
inline constexpr unsigned max_level = 52;

/// The weight of a level: 0 for levels 0 and 1, then 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, ...
constexpr std::uint32_t level_weight(unsigned level) {
    return level < 2 ? 0 : (4U + (level - 2) % 4) << (level - 2) / 4;
}

/// The levels nearest to what was counted. At least two symbols occur (FORMAT.md asks for it), if need be
/// symbols that were not counted.
Levels levels_of(std::span<const std::uint32_t> counts);

/// Each symbol that occurs has one slot; the others are shared out by weight, in order, rounding what is
/// summed: symbol i begins at (symbols before it) + (1024 - symbols) * (weights before it) / (all weights).
/// False unless two symbols occur and one of them has weight.
bool frequencies_of(std::span<const std::uint8_t> levels, Frequencies& frequencies);

void build(const Frequencies& frequencies, kernel::EncodeTable& table);
void build(const Frequencies& frequencies, kernel::DecodeTable& table);

}  // namespace bitx::codec
