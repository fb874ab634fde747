#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "agent/git/repository.hpp"

namespace bitx::agent {

/// Which LFS objects were at which paths in this repository's past: where a push finds the earlier checkpoint
/// to take a delta from. A value; reading it costs a walk over the history, so a process reads it once.
class FileHistory {
  public:
    /// Walks at most `commits` commits that HEAD and the references reach, newest first. Nothing is fetched:
    /// what a partial or shallow clone does not hold is not seen.
    static FileHistory read(Repository& repository, std::size_t commits = 1000);

    /// Notes one version; versions are added newest first.
    void add(const std::string& path, const std::string& oid);

    /// Every LFS object, in no order.
    std::vector<std::string> objects() const;

    /// The paths where an LFS object occurs, in the order in which they were first seen.
    std::vector<std::string> paths_of(std::string_view oid) const;

    /// The other versions of a path, those nearest in time to `oid` first, of two as near the older one.
    /// All versions, newest first, where `oid` is none of them.
    std::vector<std::string> neighbours(std::string_view path, std::string_view oid) const;

  private:
    std::unordered_map<std::string, std::vector<std::string>> versions_;  // path -> oids, newest first
    std::unordered_map<std::string, std::vector<std::string>> paths_;     // oid -> paths
};

}  // namespace bitx::agent
