#pragma once

#include <atomic>

#include "agent/pull/byte_ranges.hpp"
#include "agent/pull/pull.hpp"

namespace bitx::agent {

/// The pull of one file into a partial one.
class Pull::FilePull {
  public:
    FilePull(Pull& pull, PartialFile& partial, std::uint64_t size, const Progress& progress)
        : pull_(pull), partial_(partial), size_(size), progress_(progress) {}

    /// Builds all that an earlier process did not.
    void build(const codec::Recipe& recipe);
    /// Copies a file that should be the whole. False where its SHA-256 is another.
    bool copy(const std::filesystem::path& path, const codec::Digest& oid);

  private:
    void take_over();
    bool is_done(const std::vector<Piece>& pieces) const;
    bool copy_blob(const BlobUse& use);
    void fetch(const WindowUse& window);
    void count_means(const WindowUse& window);
    void check_stop() const;
    void count(std::uint64_t bytes);

    Pull& pull_;
    PartialFile& partial_;
    std::uint64_t size_;
    const Progress& progress_;
    ByteRanges taken_over_;
    std::atomic<std::uint64_t> done_ = 0;
};

}  // namespace bitx::agent
