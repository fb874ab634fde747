#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "codec/bytes.hpp"

namespace bitx::codec {

/// Short strings over a small alphabet, with one distribution that is stored with them: what a frame says
/// about its rows, columns and distributions (FORMAT.md, "Symbol strings").
inline constexpr unsigned symbol_string_alphabet = 128;

/// A signed step as a symbol: 0, -1, 1, -2, ...
constexpr std::uint8_t folded(int step) {
    return static_cast<std::uint8_t>(step >= 0 ? 2 * step : -2 * step - 1);
}
constexpr int unfolded(std::uint8_t symbol) {
    return symbol % 2 == 0 ? symbol / 2 : -(symbol + 1) / 2;
}

/// Appends the symbols, each below symbol_string_alphabet. Their number is not stored.
void append_symbols(std::span<const std::uint8_t> symbols, ByteWriter& out);

/// Reads `count` symbols. Throws CorruptError where the string does not decode.
std::vector<std::uint8_t> read_symbols(Cursor& cursor, std::size_t count);

}  // namespace bitx::codec
