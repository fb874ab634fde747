#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "agent/file.hpp"
#include "codec/object/recipe.hpp"

namespace bitx::agent {

/// Raw bytes of stored blobs that lie in files of this machine, found through the recipes of these files. The
/// files are the user's and may change at any time: whoever reads here checks what it got, and says so where
/// it is not what it should be. May be used from several threads.
class LocalBlobs {
  public:
    /// A run of a blob in a file.
    struct Run {
        std::uint64_t blob_offset = 0;
        std::uint64_t length = 0;
        std::uint64_t file_offset = 0;
    };
    /// Where a blob lies.
    struct Place {
        std::shared_ptr<const File> file;
        std::vector<Run> runs;  ///< by offset in the blob, without overlap
    };

    /// Adds a file that should be what `recipe` rebuilds; nothing where it cannot be opened or has another
    /// size. Blobs that are known already stay where they are.
    void add(const std::filesystem::path& path, const codec::Recipe& recipe);

    std::optional<Place> find(const codec::Digest& blob) const;

    /// Reads a run of a blob's raw bytes. False where not all of it is here, or where the file cannot be
    /// read.
    bool read(const codec::BlobRange& range, codec::MutableByteView out) const;

    /// Forgets a blob: what was read was something else.
    void forget(const codec::Digest& blob);

  private:
    mutable std::mutex mutex_;
    std::unordered_map<codec::Digest, Place, codec::DigestHash> places_;
};

}  // namespace bitx::agent
