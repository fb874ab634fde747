#pragma once

#include <cstddef>
#include <filesystem>

#include "codec/object/recipe.hpp"

namespace bitx::agent {

/// How much of what a recipe rebuilds a file holds, judged by a few blobs from all over it: tells which of
/// several files of one size it is, or which is most like it, without reading any of them whole.
struct Likeness {
    std::size_t compared = 0;  ///< blobs
    std::size_t same = 0;      ///< of these

    bool seems_whole() const { return same > 0 && same == compared; }
};

/// Nothing is the same where the file cannot be read, or has another size.
Likeness likeness(const std::filesystem::path& path, const codec::Recipe& recipe);

}  // namespace bitx::agent
