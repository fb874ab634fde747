#pragma once

#include <filesystem>
#include <mutex>
#include <optional>

#include "agent/concurrency/thread_pool.hpp"
#include "agent/git/repository.hpp"
#include "agent/local/local_blobs.hpp"
#include "agent/local/local_folders.hpp"
#include "agent/settings.hpp"
#include "agent/store/store.hpp"

namespace bitx::agent {

/// What this machine holds already of a store: files as a whole, and the blobs in files that the repository
/// has to do with. Reaches for nothing until it is asked. May be used from several threads; while gather()
/// runs, the repository is in use, and other calls of it wait.
class LocalSources {
  public:
    LocalSources(Repository& repository, Store& store, const Settings& settings);

    /// A file that has this SHA-256 for its name, and this size.
    std::optional<std::filesystem::path> find(const codec::Digest& oid, std::uint64_t size);
    /// Empty until gather().
    LocalBlobs& blobs() { return blobs_; }

    /// Finds the blobs of the file that `recipe` rebuilds, in a file that has its name, or in the most like
    /// it of those that have its size. Returns that one where it seems to be the same as a whole.
    std::optional<std::filesystem::path> add(const codec::Recipe& recipe, ThreadPool& pool);

    /// Finds blobs in the files that are here of the declared base, and in those that are here by name of
    /// HEAD and among the newest LFS objects: reads their recipes, once. What fails is left out: everything
    /// is in the store, too.
    void gather(ThreadPool& pool);

  private:
    std::vector<codec::Digest> base_files();
    std::vector<LocalFolders::Object> named_candidates();
    std::vector<std::filesystem::path> of_size(std::uint64_t size);

    Repository& repository_;
    Store& store_;
    std::mutex gathering_;
    std::mutex folders_in_use_;
    LocalFolders folders_;
    LocalBlobs blobs_;
    bool gathered_ = false;
};

}  // namespace bitx::agent
