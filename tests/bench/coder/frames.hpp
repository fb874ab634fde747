#pragma once

#include <filesystem>
#include <vector>

#include "codec/bytes.hpp"
#include "codec/dtype.hpp"
#include "codec/frame/frame.hpp"

namespace bitx::bench {

/// One frame of a tensor, as the coders are given it.
struct Frame {
    codec::Dtype dtype = codec::Dtype::bytes;
    codec::ByteView raw;
    codec::Bytes base;  ///< as long as raw, filled up with zeros where the base is shorter; empty without one
    codec::MatrixPlace place;
};

/// The frames of a safetensors file. Tensors that the base holds, bit by bit, are left out: deduplication
/// stores nothing for them.
struct Frames {
    codec::Bytes file;
    std::vector<Frame> frames;
    std::uint64_t raw = 0;    ///< bytes of all frames
    std::uint64_t equal = 0;  ///< bytes of the tensors that are left out

    /// Throws codec::Error for what is no safetensors. An empty `base` is no base.
    static Frames load(const std::filesystem::path& tuned, const std::filesystem::path& base);
};

}  // namespace bitx::bench
