#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "codec/dtype.hpp"

namespace bitx::codec {

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
