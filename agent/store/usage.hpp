#pragma once

#include <cstdint>
#include <set>

#include "agent/store/store.hpp"

namespace bitx::agent {

/// What a file costs in its store, in bytes.
struct FileUsage {
    std::uint64_t raw = 0;
    std::uint64_t delta_raw = 0;     ///< raw bytes of frames coded against a base
    std::uint64_t delta_stored = 0;  ///< what they take
    std::uint64_t own_raw = 0;       ///< raw bytes of frames coded on their own
    std::uint64_t own_stored = 0;    ///< what they take
    std::uint64_t shared_raw = 0;    ///< raw bytes of blobs that were counted before, or are the base's
    std::uint64_t overhead = 0;      ///< headers of blobs, and the recipe
    std::uint64_t cold_pull = 0;     ///< what a pull fetches where nothing is at hand: blobs, chains, recipe
    std::uint64_t pull_with_base = 0;  ///< what it fetches where the base is at hand

    std::uint64_t stored() const { return delta_stored + own_stored + overhead; }
    FileUsage& operator+=(const FileUsage& other);
};

/// Counts files one after the other: a blob that several share is counted for the first.
class UsageCount {
  public:
    explicit UsageCount(Store& store) : store_(store) {}

    /// The blobs of the base, with those that they are built from, are there for other reasons.
    void exclude(const codec::Recipe& recipe);
    FileUsage count(const codec::Recipe& recipe);

  private:
    void add_chain(const codec::BlobKey& key, std::set<codec::BlobKey>& keys);
    void count_blob(const OpenBlob& blob, FileUsage& usage);

    Store& store_;
    std::set<codec::BlobKey> base_;  ///< of the excluded recipes
    std::set<codec::BlobKey> counted_;
};

}  // namespace bitx::agent
