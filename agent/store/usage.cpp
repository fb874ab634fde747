#include "agent/store/usage.hpp"

namespace bitx::agent {

FileUsage& FileUsage::operator+=(const FileUsage& other) {
    for (std::uint64_t FileUsage::*const field :
         {&FileUsage::raw, &FileUsage::delta_raw, &FileUsage::delta_stored, &FileUsage::own_raw,
          &FileUsage::own_stored, &FileUsage::shared_raw, &FileUsage::overhead, &FileUsage::cold_pull,
          &FileUsage::pull_with_base})
        this->*field += other.*field;
    return *this;
}

void UsageCount::add_chain(const codec::BlobKey& key, std::set<codec::BlobKey>& keys) {
    if (!keys.insert(key).second) return;
    const auto blob = store_.open_blob(key);  // kept: the store may forget it meanwhile
    for (const codec::Member& member : blob->header.members)
        if (member.base) add_chain(member.base->blob, keys);
}

void UsageCount::exclude(const codec::Recipe& recipe) {
    for (const codec::Segment& segment : recipe.segments)
        if (const auto* range = std::get_if<codec::BlobRange>(&segment)) add_chain(range->blob, base_);
}

void UsageCount::count_blob(const OpenBlob& blob, FileUsage& usage) {
    usage.overhead += blob.header_length;
    for (std::size_t i = 0; i < blob.index.size(); ++i) {
        const bool delta = uses_base(blob.header.frames[i].method);
        (delta ? usage.delta_raw : usage.own_raw) += blob.index[i].raw_length;
        (delta ? usage.delta_stored : usage.own_stored) += blob.index[i].stored_length;
    }
}

FileUsage UsageCount::count(const codec::Recipe& recipe) {
    FileUsage usage{.raw = recipe.size};
    const std::uint64_t recipe_size = store_.recipe_size(recipe.oid);
    usage.overhead = usage.cold_pull = usage.pull_with_base = recipe_size;
    std::set<codec::BlobKey> blobs;   // of this file
    std::set<codec::BlobKey> chains;  // and what they are built from
    for (const codec::Segment& segment : recipe.segments) {
        const auto* range = std::get_if<codec::BlobRange>(&segment);
        if (range == nullptr) continue;
        if (counted_.contains(range->blob) || base_.contains(range->blob)) usage.shared_raw += range->length;
        blobs.insert(range->blob);
        add_chain(range->blob, chains);
    }
    for (const codec::BlobKey& key : chains) {
        const auto blob = store_.open_blob(key);
        const std::uint64_t size = blob->header_length + blob->header.frames_length();
        usage.cold_pull += size;
        if (!base_.contains(key)) usage.pull_with_base += size;
    }
    for (const codec::BlobKey& key : blobs)
        if (!base_.contains(key) && !counted_.contains(key)) count_blob(*store_.open_blob(key), usage);
    counted_.insert(blobs.begin(), blobs.end());
    return usage;
}

}  // namespace bitx::agent
