#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "codec/dtype.hpp"

namespace bitx::codec {

/// What the tensors of one file may measure, so that neither a file's header nor a recipe can ask for many
/// times its own size in memory: more than a safetensors header of 100 MB can reasonably hold. A file beyond
/// them is stored as opaque bytes.
inline constexpr std::size_t tensor_count_limit = 1 << 21;
inline constexpr std::size_t tensor_name_limit = 1 << 16;  ///< bytes
inline constexpr std::size_t tensor_rank_limit = 64;       ///< dimensions of one tensor
inline constexpr std::size_t dimension_limit = 1 << 24;    ///< dimensions of all tensors together

/// A contiguous run of elements of one dtype inside a file, as the file's own header describes it.
struct Tensor {
    std::string name;
    Dtype dtype = Dtype::bytes;
    std::vector<std::uint64_t> shape;  ///< elements along each dimension; empty for a scalar
    std::uint64_t offset = 0;          ///< of its first byte, from the start of the file
    std::uint64_t length = 0;          ///< bytes; 0 when a dimension is 0

    bool operator==(const Tensor&) const = default;
};

}  // namespace bitx::codec
