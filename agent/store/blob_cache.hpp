#pragma once

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>

#include "codec/bytes.hpp"

namespace bitx::agent {

/// Parts of stored blobs on this machine, in a folder that never grows far past a limit: what was not used
/// for longest goes first. A part may be damaged or gone at any time: what is read is to be checked.
/// Processes may share the folder, and threads the object. What cannot be written is left out.
class BlobCache {
  public:
    /// `limit` is in bytes, of all stores whose folders lie beside `folder`.
    BlobCache(std::filesystem::path folder, std::uint64_t limit);
    BlobCache(const BlobCache&) = delete;
    BlobCache& operator=(const BlobCache&) = delete;
    ~BlobCache();

    /// `blob` and `part` are names of files, without '/'.
    std::optional<codec::Bytes> read(const std::string& blob, const std::string& part);
    void write(const std::string& blob, const std::string& part, codec::ByteView bytes);
    /// Removes all parts of a blob. False where there were none.
    bool forget(const std::string& blob);

  private:
    void trim();

    std::filesystem::path folder_;
    std::uint64_t limit_;
    std::mutex mutex_;
    std::uint64_t written_ = 0;  ///< bytes since the last trim
};

}  // namespace bitx::agent
