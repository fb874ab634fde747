#pragma once

#include <span>
#include <vector>

#include "codec/bytes.hpp"
#include "codec/frame/frequencies.hpp"

namespace bitx::codec {

/// Stores the distributions of a frame's contexts: of each its last token that occurs, and levels as steps
/// from token to token.
void append_tables(std::span<const Levels> tables, ByteWriter& out);
/// Throws CorruptError where a level is out of range.
std::vector<Levels> read_tables(Cursor& cursor, unsigned contexts);

/// What a distribution costs, in units of 2^-16 bits.
struct TableCost {
    std::uint64_t tokens = 0;  ///< of what was counted
    std::uint64_t table = 0;   ///< to send, on the average

    std::uint64_t all() const { return tokens + table; }
    TableCost& operator+=(const TableCost& other) {
        tokens += other.tokens;
        table += other.table;
        return *this;
    }
};

/// Distributions stored as what sets them apart from Laplace distributions, which move about as far: of few
/// elements, a scale alone tells enough (FORMAT-ulp.md, "Tables").
struct LaplaceTable {
    unsigned last = 0;   ///< the last token that may occur
    unsigned scale = 0;  ///< of the Laplace distribution, in quarter octaves
    Levels levels{};
    TableCost cost;
    TableCost cost_of_levels;  ///< of the table that is stored by its levels
};

/// The levels of the Laplace distribution for tokens up to `last`, each at least 1.
Levels laplace_levels(unsigned scale, unsigned last, unsigned mantissa);

/// What was counted of 256 tokens, whose nearest levels are `levels`, or a Laplace distribution where that is
/// smaller with what it costs to send.
LaplaceTable fit_laplace(std::span<const std::uint32_t> counts, const Levels& levels, unsigned mantissa);

void append_laplace_tables(std::span<const LaplaceTable> tables, unsigned mantissa, ByteWriter& out);
/// Throws CorruptError where a level is out of range.
std::vector<Levels> read_laplace_tables(Cursor& cursor, unsigned contexts, unsigned mantissa);

}  // namespace bitx::codec
