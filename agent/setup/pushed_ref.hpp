#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bitx::agent {

/// One line of what git gives its pre-push hook (githooks(5)): what is pushed where.
struct PushedRef {
    std::string local_ref;   ///< "refs/heads/main", "HEAD~1", "(delete)"
    std::string local_oid;   ///< all zeros where the remote's reference is deleted
    std::string remote_ref;  ///< "refs/heads/main"
    std::string remote_oid;  ///< all zeros where the remote has none yet

    bool is_deletion() const { return local_oid.find_first_not_of('0') == std::string::npos; }
    bool operator==(const PushedRef&) const = default;
};

/// Throws Error for a line that is not of four words.
std::vector<PushedRef> parse_pushed_refs(std::string_view input);

}  // namespace bitx::agent
