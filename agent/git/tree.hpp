#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "agent/git/repository.hpp"

namespace bitx::agent {

/// One entry of a git tree that is walked.
struct TreeEntry {
    std::string path;  ///< from the root of the commit
    std::string oid;   ///< of the blob or tree, hexadecimal
    unsigned mode = 0;

    bool is_tree() const { return mode == 0040000; }
    bool is_regular() const { return (mode & 0170000U) == 0100000U; }
};

/// Calls `each` for every entry of a commit's trees, in their order; a tree is entered when `each` returns
/// true for it. With `may_fetch` false, trees that are not in this repository are passed over; else they are
/// an Error.
void walk_tree(Repository& repository, std::string_view commit, bool may_fetch,
               const std::function<bool(const TreeEntry&)>& each);

}  // namespace bitx::agent
