#pragma once

#include <cstdint>

#include "codec/bytes.hpp"

namespace bitx::codec {

/// Content-defined chunking of bytes whose format is not known: cuts depend on the bytes near them only, so
/// that an insertion moves the cuts around it and no others. A gear hash with normalised chunking. Source:
/// Xia et al., "FastCDC", USENIX ATC 2016.
struct Chunker {
    static constexpr std::size_t min_size = 1 << 20;
    static constexpr std::size_t average_size = 2 << 20;
    static constexpr std::size_t max_size = 8 << 20;

    /// The length of the first chunk of `bytes`: between min_size and max_size, or all of `bytes` where it is
    /// shorter than min_size. The caller gives max_size bytes, or all that is left of the file.
    static std::size_t first_chunk(ByteView bytes);
};

}  // namespace bitx::codec
