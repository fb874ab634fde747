#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "codec/hash.hpp"

namespace bitx::agent {

/// The SHA-256 of files of the user's, remembered between processes by path, size and times: a file is hashed
/// once, and again when it changed. What is remembered is a hint: bytes are checked where they are used.
class FileHashes {
  public:
    /// `memory` is the file that remembers; a line that does not parse is passed over.
    explicit FileHashes(std::filesystem::path memory);

    /// Nothing where the file cannot be read.
    std::optional<codec::Digest> of(const std::filesystem::path& path);

  private:
    struct Entry {
        std::string version;
        codec::Digest digest;
    };
    std::filesystem::path memory_;
    std::map<std::string, Entry> entries_;  ///< by path
};

/// Where this user's caches of ours are: $XDG_CACHE_HOME/git-bitx, else ~/.cache/git-bitx; empty where there
/// is neither.
std::filesystem::path user_cache_directory();

}  // namespace bitx::agent
