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
/// runs, the repository is in use.
class LocalSources {
  public:
    LocalSources(Repository& repository, Store& store, const Settings& settings);

    /// A file of that name and size: see LocalFolders.
    std::optional<std::filesystem::path> find(const codec::Digest& oid, std::uint64_t size);
    /// Empty until gather().
    LocalBlobs& blobs() { return blobs_; }

    /// Finds the blobs of a file that may be here.
    void add(const codec::Recipe& recipe);

    /// Finds blobs in the files that are here of the declared base, of HEAD, and among the newest LFS
    /// objects: reads their recipes, once. What fails is left out: everything is in the store, too.
    void gather(ThreadPool& pool);

  private:
    std::vector<LocalFolders::Object> candidates();

    Repository& repository_;
    Store& store_;
    std::mutex mutex_;
    LocalFolders folders_;
    LocalBlobs blobs_;
    bool gathered_ = false;
};

}  // namespace bitx::agent
