#pragma once

#include <cstdint>

#include "codec/bytes.hpp"
#include "codec/dtype.hpp"
#include "codec/frame/planes.hpp"
#include "codec/frame/ulp.hpp"
#include "codec/frame/zstd.hpp"

namespace bitx::codec {

/// Raw bytes of a frame; the last one of a member is shorter. A multiple of every dtype's width.
inline constexpr std::size_t frame_size = 2 << 20;

/// How a frame is coded: a closed registry of tags (FORMAT.md, "Frame methods"). Tags are never reused.
enum class Method : std::uint8_t {
    raw = 0,       ///< the bytes themselves
    planes = 1,    ///< byte planes of the elements, zstd each
    bitx = 2,      ///< byte planes of the XOR with the base, zstd each
    prefix = 3,    ///< zstd with the base's bytes as prefix, for bytes without elements
    ulp = 4,       ///< differences from the base in units in the last place, by context
    exponent = 5,  ///< planes of magnitude and sign, by their distributions
};
inline constexpr std::uint8_t method_count = 6;

/// Whether a frame of this method is decoded against its base.
constexpr bool uses_base(Method method) {
    return method == Method::bitx || method == Method::prefix || method == Method::ulp;
}

std::string_view name(Method method);

/// A frame as it is stored. The checksum is of the raw bytes, so it is taken before anything that could alter
/// them.
struct CodedFrame {
    Method method = Method::raw;
    std::uint64_t checksum = 0;
    Bytes stored;
};

/// Codes frames. Holds scratch memory of a few frames; one object a thread.
///
/// BitX: Wang et al., "ZipLLM: Efficient LLM Storage via Model-Aware Synergistic Data Deduplication and
/// Compression", 2025. The XOR of a fine-tuned tensor with its base has few bits set, most of them low; it is
/// split into planes (for BF16: mantissa with sign, exponent) and each is compressed by zstd.
class FrameCoder {
  public:
    /// Codes one frame by whichever method makes it smallest. `raw` is 1 to frame_size bytes. `base` is the
    /// same range of the base, possibly shorter (what is missing counts as zero), or empty where there is
    /// none. `place` is where the frame's first element stands in its tensor. Methods that a sample shows to
    /// be larger are not tried on the whole frame.
    CodedFrame encode(ByteView raw, ByteView base, Dtype dtype, MatrixPlace place = {});

    /// Codes one frame by a given method, which may make it larger. Those that use a base need one.
    CodedFrame encode_by(Method method, ByteView raw, ByteView base, Dtype dtype, MatrixPlace place = {});

    /// Decodes a frame into `raw`, whose size is the frame's. Throws CorruptError unless `stored` decodes to
    /// exactly that size and to `checksum`.
    void decode(Method method, ByteView stored, ByteView base, Dtype dtype, std::uint64_t checksum,
                MutableByteView raw);

  private:
    Bytes code(Method method, ByteView raw, ByteView base, Dtype dtype, MatrixPlace place);
    double expected_ratio(Method method, ByteView raw, ByteView base, Dtype dtype);
    double least_ratio(Method method, ByteView raw, ByteView base, Dtype dtype);
    ByteView padded(ByteView base, std::size_t size);

    Zstd zstd_;
    UlpCoder ulp_;
    PlaneCoder planes_;
    Bytes elements_;  ///< the XOR with the base
    Bytes base_;      ///< a short base, filled up with zeros
};

}  // namespace bitx::codec
