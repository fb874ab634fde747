#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "codec/object/blob.hpp"

namespace bitx::agent {

/// Which raw bytes are in the store, as far as this push knows: it wrote or checked them, or a recipe that it
/// read names them. Makes sure that of several threads only one stores the same bytes. May be used from
/// several threads.
class KnownBlobs {
  public:
    void add(const codec::BlobKey& key);

    /// The blob of these raw bytes; waits while another thread stores them. Nothing means that the caller has
    /// to store them, and to call add() or abandon() then.
    std::optional<codec::BlobKey> find_or_claim(const codec::Digest& sha256);
    /// Gives up what find_or_claim() asked for.
    void abandon(const codec::Digest& sha256);

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::unordered_map<codec::Digest, std::optional<codec::BlobKey>, codec::DigestHash>
        blobs_;  ///< empty: claimed
};

}  // namespace bitx::agent
