#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>

#include "agent/concurrency/resources.hpp"
#include "agent/git/file_modes.hpp"
#include "agent/local/local_sources.hpp"
#include "agent/progress.hpp"
#include "agent/pull/partial_file.hpp"
#include "agent/pull/pull_plan.hpp"
#include "agent/settings.hpp"
#include "agent/store/blob_reader.hpp"
#include "agent/store/store.hpp"

namespace bitx::agent {

/// Rebuilds files from their recipes. What this machine holds is taken from there; the rest is fetched by
/// windows of blobs, decoded and checked on all threads, in any order.
class Pull {
  public:
    /// `local` may be null: all is read from the store then.
    Pull(Store& store, const Settings& settings, std::stop_token stop, LocalSources* local = nullptr);

    /// Builds a file in `directory`; it is whole, and still to be completed. What is done of one that is cut
    /// off stays there, and the next call for it goes on from that. Throws AbsentError and DamagedError
    /// naming the stored object at fault. May be called from several threads.
    std::unique_ptr<PartialFile> pull(const codec::Digest& oid, std::uint64_t size,
                                      const std::filesystem::path& directory, const FileModes& modes,
                                      const Progress& progress);

    /// Delivers the bytes of a file in order; no file of this machine is used for blobs as a whole.
    void read_in_order(const codec::Recipe& recipe, const std::function<void(codec::ByteView)>& sink);

    Resources& resources() { return resources_; }

  private:
    class FilePull;

    Store& store_;
    std::stop_token stop_;
    LocalSources* local_;
    Resources resources_;
    BlobReader reader_;
};

}  // namespace bitx::agent
