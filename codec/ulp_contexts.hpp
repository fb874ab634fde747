#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "codec/bytes.hpp"
#include "codec/frequencies.hpp"
#include "codec/kernel/ulp.hpp"
#include "codec/ulp_scales.hpp"

namespace bitx::codec {

/// A cell is an exponent class and a scale class: exponent * 16 + scale.
inline constexpr unsigned cell_count = kernel::exponent_classes * scale_classes;

/// Which distribution codes the elements of which cell. Neighbouring cells share one where a table of their
/// own does not pay.
struct UlpContexts {
    /// Bit s of starts[e]: a new table begins at cell (e, s). Cells before the first start use table 0.
    std::array<std::uint16_t, kernel::exponent_classes> starts{};
    std::vector<Levels> tables;

    std::size_t table_count() const;
    /// The table of each cell; requires table_count() <= kernel::max_tables.
    std::array<std::uint8_t, cell_count> table_of_cell() const;
};

struct FittedContexts {
    UlpContexts contexts;
    std::uint64_t cost = 0;  ///< estimated bits of tables and tokens (without extra bits), in units of 2^-16
};

/// Merges cells and makes their tables, at most kernel::max_tables. counts[exponent][scale][token], for
/// `scales` scale classes (1 or 16) and 256 tokens.
FittedContexts fit_contexts(std::span<const std::uint32_t> counts, unsigned scales);

void append_contexts(const UlpContexts& contexts, ByteWriter& out);
/// Throws CorruptError where a table is empty or there are more than kernel::max_tables.
UlpContexts read_contexts(Cursor& cursor);

}  // namespace bitx::codec
