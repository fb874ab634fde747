#pragma once

#include <cstddef>

#include "codec/bytes.hpp"
#include "codec/kernel/ulp.hpp"

namespace bitx::codec {

/// Bytes of the low part into which differences of a format may be split: of wide elements it is noise, which
/// is stored faster as it is. 0 for narrow ones.
constexpr std::size_t low_part_width(kernel::NumberFormat format) {
    return format.bits == 64 ? 4 : format.bits == 32 ? 1 : 0;
}

/// Whether to split: the low part's width, or 0. Differences of 64 bits are, unless all low parts are 0;
/// those of 32 bits where a sample of them takes no more bits that way.
std::size_t fit_low_part(kernel::NumberFormat format, ByteView raw, ByteView base);

}  // namespace bitx::codec
