#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "codec/bytes.hpp"
#include "codec/frame/frequencies.hpp"
#include "codec/kernel/ulp.hpp"

namespace bitx::codec {

/// Which distribution codes the elements of which cell. Cells that moved about as far share one: fewer tables
/// to send, and they stay in the processor's caches.
struct ContextMap {
    unsigned exponents = 1;  ///< exponent classes that occur, from 0
    bool scaled = false;     ///< whether scale classes other than 0 occur
    std::array<std::uint8_t, kernel::cell_count> context_of_cell{};
    unsigned contexts = 1;  ///< 1 to kernel::max_tables
};

/// What some elements of a frame tell about the others.
struct FrameSample {
    std::vector<std::uint8_t> tokens;
    std::vector<std::uint8_t> exponents;  ///< their classes
    std::vector<std::uint8_t> scales;     ///< their classes; filled in where there are scales
    std::size_t elements = 0;             ///< of the frame that it stands for
};

struct FittedMap {
    ContextMap map;
    std::uint64_t cost = 0;  ///< estimated bits of tables and tokens of the sample, in units of 2^-16
};

/// Sorts the cells by how far their elements moved and joins neighbours where tables of their own do not pay.
/// Without scales: `counts` are those of the sample, [exponent class][token], for 256 tokens.
FittedMap fit_exponents(const FrameSample& sample, std::span<const std::uint32_t> counts, unsigned exponents,
                        unsigned mantissa);
/// With scales.
FittedMap fit_cells(const FrameSample& sample, unsigned exponents, unsigned mantissa);

void append_context_map(const ContextMap& map, ByteWriter& out);
/// Throws CorruptError where the map names contexts that cannot be.
ContextMap read_context_map(Cursor& cursor, unsigned exponents, bool scaled);

}  // namespace bitx::codec
