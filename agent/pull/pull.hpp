#pragma once

#include <filesystem>
#include <functional>
#include <stop_token>

#include "agent/git/file_modes.hpp"
#include "agent/progress.hpp"
#include "agent/resources.hpp"
#include "agent/settings.hpp"
#include "agent/store/blob_reader.hpp"
#include "agent/store/store.hpp"

namespace bitx::agent {

/// Rebuilds files from their recipes: windows of blobs are fetched, decoded and checked on all threads, in
/// any order.
class Pull {
  public:
    /// Takes decoded bytes of the file at their offset; called from several threads.
    using Sink = std::function<void(std::uint64_t offset, codec::ByteView bytes)>;

    Pull(Store& store, const Settings& settings, std::stop_token stop);

    /// Delivers every byte of a file once. Throws AbsentError and DamagedError naming the stored object at
    /// fault.
    void read(const codec::Recipe& recipe, const Sink& sink);

    /// Delivers the bytes of a file in order.
    void read_in_order(const codec::Recipe& recipe, const std::function<void(codec::ByteView)>& sink);

    /// Builds a file in `directory` and returns its path: it is the caller's. Nothing is left of a failed
    /// one.
    std::filesystem::path pull(const codec::Digest& oid, std::uint64_t size,
                               const std::filesystem::path& directory, const FileModes& modes,
                               const Progress& progress);

  private:
    struct Task;
    static std::vector<Task> tasks_of(const codec::Recipe& recipe);

    Store& store_;
    std::stop_token stop_;
    Resources resources_;
    BlobReader reader_;
};

}  // namespace bitx::agent
