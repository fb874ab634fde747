#include "agent/push/known_blobs.hpp"

namespace bitx::agent {

void KnownBlobs::add(const codec::BlobKey& key) {
    {
        const std::lock_guard lock(mutex_);
        std::optional<codec::BlobKey>& known = blobs_[key.sha256];
        if (!known || key.depth < known->depth) known = key;  // the shallowest is the cheapest to pull
    }
    changed_.notify_all();
}

std::optional<codec::BlobKey> KnownBlobs::find_or_claim(const codec::Digest& sha256) {
    std::unique_lock lock(mutex_);
    for (;;) {
        const auto [entry, claimed] = blobs_.try_emplace(sha256);
        if (claimed) return std::nullopt;
        if (entry->second) return entry->second;
        changed_.wait(lock);
    }
}

void KnownBlobs::abandon(const codec::Digest& sha256) {
    {
        const std::lock_guard lock(mutex_);
        if (const auto entry = blobs_.find(sha256); entry != blobs_.end() && !entry->second)
            blobs_.erase(entry);
    }
    changed_.notify_all();
}

}  // namespace bitx::agent
