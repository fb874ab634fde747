#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "codec/bytes.hpp"
#include "codec/frame/ulp_scales.hpp"
#include "codec/frame/ulp_tables.hpp"
#include "codec/kernel/rans.hpp"

namespace bitx::codec {

/// How often each byte occurs.
using ByteCounts = std::array<std::uint32_t, 256>;
ByteCounts count_bytes(ByteView bytes);

/// The least bits a byte that a code needs which looks at one byte at a time, 0 to 8.
double entropy(const ByteCounts& counts);

/// Codes a plane of bytes by rANS: with one distribution, or with one for each class of rows and columns,
/// where the plane is one of exponents (FORMAT.md, "Coded planes"): large and small rows and columns of a
/// tensor have distributions of their own. Holds scratch memory; one object a thread.
class EntropyCoder {
  public:
    /// Appends the coded form of `plane`, at least one byte, to `out`. `octave` is how many values a factor
    /// of two in the element's magnitude is worth; 0 for what is no magnitude. `place` is where the plane's
    /// first element stands.
    void append(ByteView plane, unsigned octave, MatrixPlace place, Bytes& out);

    /// The inverse. Throws CorruptError where `stored` does not decode to exactly that many bytes.
    void read(ByteView stored, MutableByteView plane);

  private:
    struct Model {
        UlpScales scales;          ///< of the exponents; empty: one distribution for all
        std::uint16_t starts = 0;  ///< bit c: scale class c has another distribution than the one below
        std::vector<Levels> tables;
    };
    Model fit(ByteView plane, unsigned octave, MatrixPlace place);
    void count(std::span<const std::uint8_t> symbols, const UlpScales& scales);

    std::vector<ByteCounts> counts_;
    std::vector<std::uint16_t> words_;
    std::vector<kernel::EncodeTable> encode_tables_;
    std::vector<kernel::DecodeTable> decode_tables_;
};

}  // namespace bitx::codec
