#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "codec/bytes.hpp"

namespace bitx::codec {

/// Where a frame's elements stand in their tensor, taken as a matrix.
struct MatrixPlace {
    std::uint64_t row_length = 0;  ///< elements; 0 where there are no rows
    std::uint64_t column = 0;      ///< of the frame's first element

    bool operator==(const MatrixPlace&) const = default;
};

/// How far each row and each column of a frame moved, in quarter octaves: Adam gives every row and column its
/// own step size. An element's scale class is (row + column) / 2 rounded down, clamped to 0..15.
struct UlpScales {
    MatrixPlace place;
    std::vector<std::int8_t> rows;     ///< of each row that the frame touches
    std::vector<std::int8_t> columns;  ///< of each column; as many as the row length

    bool empty() const { return rows.empty(); }

    /// The scale classes of elements from element `first` of the frame on; 0 where there are no scales.
    void classes(std::size_t first, std::span<std::uint8_t> out) const;
};

/// Fits the scales to a frame: `tokens` and `exponents` (classes) of its elements. `counts` says how often
/// each of the 256 tokens occurs with each exponent class ([exponent][token]).
UlpScales fit_scales(std::span<const std::uint8_t> tokens, std::span<const std::uint8_t> exponents,
                     std::span<const std::uint32_t> counts, unsigned mantissa, MatrixPlace place);

/// Appends place, rows and columns. `read_scales` is its inverse, for a frame of `elements`.
void append_scales(const UlpScales& scales, ByteWriter& out);
UlpScales read_scales(Cursor& cursor, std::size_t elements);

}  // namespace bitx::codec
