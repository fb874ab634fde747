#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "codec/hash.hpp"

namespace bitx::agent {

/// Files of this machine: LFS objects of this repository, and what lies in folders that the user named
/// (bitx.local), each of which may be
///
///     a repository, or its lfs/objects      files named by their SHA-256
///     the Hugging Face cache                models--*/blobs, named so too
///     any other folder                      model files below it, known by their size alone
///
/// A file is what its name says as far as its owner kept it so: what is read is to be checked. Not for
/// several threads.
class LocalFolders {
  public:
    /// `lfs_objects` is this repository's.
    LocalFolders(std::filesystem::path lfs_objects, const std::vector<std::filesystem::path>& folders);

    /// The file that has this SHA-256 for its name, and this size.
    std::optional<std::filesystem::path> find(const codec::Digest& oid, std::uint64_t size) const;
    /// The files of this size in plain folders.
    std::vector<std::filesystem::path> of_size(std::uint64_t size);

    /// The LFS objects here, at most `limit`, newest first.
    struct Object {
        codec::Digest oid;
        std::uint64_t size = 0;
    };
    std::vector<Object> newest_objects(std::size_t limit) const;

  private:
    void add(const std::filesystem::path& folder);
    bool add_hugging_face_cache(const std::filesystem::path& folder);
    void scan(const std::filesystem::path& folder);

    std::vector<std::filesystem::path> object_folders_;
    std::vector<std::filesystem::path> plain_folders_;
    std::unordered_map<codec::Digest, std::filesystem::path, codec::DigestHash> named_;
    bool scanned_ = false;
    std::multimap<std::uint64_t, std::filesystem::path> by_size_;  ///< of plain folders
};

/// Where this user's caches of ours are: $XDG_CACHE_HOME/git-bitx, else ~/.cache/git-bitx; empty where there
/// is neither.
std::filesystem::path user_cache_directory();

/// The Hugging Face cache of this user, where there is one: $HF_HUB_CACHE, $HF_HOME/hub, or
/// ~/.cache/huggingface/hub.
std::optional<std::filesystem::path> hugging_face_cache();

}  // namespace bitx::agent
