#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "agent/store/store.hpp"

namespace bitx::agent {

/// Frames of one method.
struct MethodUse {
    std::uint64_t frames = 0;  ///< also those that others have a part of
    std::uint64_t raw = 0;     ///< bytes
    std::uint64_t stored = 0;  ///< bytes
};
using MethodUses = std::map<codec::Method, MethodUse>;

/// How one tensor is stored.
struct TensorUse {
    codec::Tensor tensor;
    MethodUses methods;
    bool elsewhere = false;  ///< the base has it, or an earlier tensor of the file: it takes nothing

    std::uint64_t stored() const;
};

/// What a container holds.
struct ContainerContents {
    MethodUses methods;
    std::uint64_t in_base = 0;  ///< raw bytes of the file that the base has as they are
    std::vector<TensorUse> tensors;

    /// Of the container that `store` serves, whose file `recipe` builds.
    static ContainerContents of(Store& store, const codec::Recipe& recipe);
};

}  // namespace bitx::agent
