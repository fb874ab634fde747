#pragma once

#include <span>

#include "codec/bytes.hpp"
#include "codec/dtype.hpp"
#include "codec/frame/entropy.hpp"
#include "codec/frame/zstd.hpp"

namespace bitx::codec {

/// How elements are taken apart into byte planes.
struct PlaneLayout {
    unsigned width = 1;     ///< bytes an element, and planes
    unsigned rotation = 0;  ///< bits to the left, before
    unsigned octave = 0;    ///< values of the last plane for a factor of two in magnitude; 0: no magnitude
};

/// The planes of methods planes and bitx: bytes as they are, except that BF16's exponent is in one of them.
PlaneLayout byte_planes(Dtype dtype);

/// The planes of method exponent: the sign at the low end, so that the last plane grows with the magnitude.
PlaneLayout magnitude_planes(Dtype dtype);

/// Codes elements as byte planes, each in the form that makes it small (FORMAT.md, "Planes"). Holds scratch
/// memory of a frame; one object a thread.
class PlaneCoder {
  public:
    /// Appends planes that are raw, constant, or compressed by zstd.
    void append_compressed(ByteView elements, PlaneLayout layout, Zstd& zstd, Bytes& out);

    /// Appends planes that are raw, constant, coded by their distributions, or, where that looks smaller,
    /// compressed by zstd. `place` is where the first element stands.
    void append_coded(ByteView elements, PlaneLayout layout, MatrixPlace place, Zstd& zstd, Bytes& out);

    /// The inverse of both. Throws CorruptError where `stored` does not decode to exactly that many bytes.
    void read(ByteView stored, PlaneLayout layout, Zstd& zstd, MutableByteView elements);

    /// The share of the elements' size that their planes take at least where nothing repeats but bytes by
    /// themselves, by their entropy; 0 where words come again, which zstd may make smaller than that.
    double least_ratio(ByteView elements, PlaneLayout layout);

  private:
    template <typename AppendPlane>
    void append(ByteView elements, PlaneLayout layout, Bytes& out, AppendPlane append_plane);

    EntropyCoder entropy_;
    Bytes planes_;
    Bytes scratch_;
};

/// Whether all elements of `width` bytes are equal: as fast as memory.
bool all_equal(ByteView elements, std::size_t width);

}  // namespace bitx::codec
