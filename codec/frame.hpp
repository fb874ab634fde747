#pragma once

#include <cstdint>

#include "codec/bytes.hpp"
#include "codec/dtype.hpp"

namespace bitx::codec {

/// Raw bytes of a frame; the last one of a member is shorter. A multiple of every dtype's width.
inline constexpr std::size_t frame_size = 2 << 20;

/// How a frame is coded: a closed registry of tags (FORMAT.md, "Frame methods"). Tags are never reused.
enum class Method : std::uint8_t {
    raw = 0,     ///< the bytes themselves
    planes = 1,  ///< byte planes of the elements, zstd each
    bitx = 2,    ///< byte planes of the XOR with the base, zstd each (ZipLLM)
    prefix = 3,  ///< zstd with the base's bytes as prefix, for bytes without elements
};

/// Whether a frame of this method is decoded against its base.
bool uses_base(Method method);

struct CodedFrame {
    Method method = Method::raw;
    Bytes stored;
};

/// Codes one frame by whichever method makes it smallest. `raw` is at most frame_size bytes. `base` is the
/// same range of the base, possibly shorter (what is missing counts as zero), or empty where there is none.
CodedFrame encode_frame(ByteView raw, ByteView base, Dtype dtype);

/// Decodes a frame into `raw`, whose size is the frame's. Throws CorruptError where `stored` does not decode
/// to exactly that size, UnsupportedError for an unknown method. The caller compares the frame's checksum.
void decode_frame(Method method, ByteView stored, ByteView base, Dtype dtype, MutableByteView raw);

}  // namespace bitx::codec
