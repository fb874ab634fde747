#pragma once

#include <cstdint>
#include <vector>

#include "codec/bytes.hpp"
#include "codec/dtype.hpp"
#include "codec/frame/ulp_contexts.hpp"
#include "codec/frame/ulp_scales.hpp"
#include "codec/frame/ulp_tables.hpp"
#include "codec/kernel/rans.hpp"
#include "codec/kernel/ulp.hpp"

namespace bitx::codec {

/// Codes a frame as its elements' differences from the base in units in the last place, with a distribution
/// chosen by the base's exponent and by the scales of the element's row and column (FORMAT.md, "ULP frames").
/// Holds scratch memory of a few frames; one object a thread.
class UlpCoder {
  public:
    /// Any bytes can be coded; `base` has the size of `raw`.
    Bytes encode(ByteView raw, ByteView base, Dtype dtype, MatrixPlace place);

    /// The inverse, into `raw`. Throws CorruptError where `stored` does not decode to that size.
    void decode(ByteView stored, ByteView base, Dtype dtype, MutableByteView raw);

  private:
    struct Model;
    void analyse(ByteView raw, ByteView base, const Model& model);
    static void differences(const Model& model, ByteView raw, ByteView base, std::size_t first,
                            std::size_t count, std::uint32_t* out, std::byte* low);
    void fit(std::size_t count, MatrixPlace place, Model& model);
    void count_contexts(std::size_t count, Model& model);
    void encode_elements(ByteView raw, ByteView base, const Model& model, ByteWriter& out);
    void decode_elements(Cursor& cursor, ByteView base, const Model& model, MutableByteView raw);

    std::vector<std::uint8_t> tokens_;
    std::vector<std::uint8_t> exponents_;
    std::vector<std::uint8_t> contexts_;
    FrameSample sample_;
    std::vector<std::uint32_t> counts_;
    Bytes low_;
    std::vector<std::uint16_t> words_;
    std::vector<kernel::EncodeTable> encode_tables_;
    std::vector<kernel::DecodeTable> decode_tables_;
};

}  // namespace bitx::codec
