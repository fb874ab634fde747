#pragma once

#include <span>
#include <vector>

#include "codec/bytes.hpp"
#include "codec/frame/frequencies.hpp"

namespace bitx::codec {

/// The distributions of a frame's contexts, and how they are stored.
struct StoredTables {
    std::vector<Levels> levels;
    bool laplace = false;  ///< stored as what sets them apart from Laplace distributions
    Bytes stored;
};

/// Fits distributions to what was counted ([context][token], for 256 tokens) in a frame of so many elements:
/// of few elements, distributions of a known shape may be smaller with what they cost to send.
StoredTables fit_tables(std::span<const std::uint32_t> counts, std::size_t elements, unsigned mantissa);

/// Stores the distributions of a frame's contexts: of each its last token that occurs, and levels as steps
/// from token to token.
void append_tables(std::span<const Levels> tables, ByteWriter& out);
/// Throws CorruptError where a level is out of range.
std::vector<Levels> read_tables(Cursor& cursor, unsigned contexts);

/// The levels of distributions stored as what sets them apart from Laplace distributions, which move about as
/// far (FORMAT-ulp.md, "Tables"). Throws CorruptError where a level is out of range.
std::vector<Levels> read_laplace_tables(Cursor& cursor, unsigned contexts, unsigned mantissa);

}  // namespace bitx::codec
