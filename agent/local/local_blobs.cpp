#include "agent/local/local_blobs.hpp"

#include <algorithm>
#include <map>

#include "agent/error.hpp"

namespace bitx::agent {
namespace {

// Sorted, and what several segments hold once.
std::vector<LocalBlobs::Run> in_order(std::vector<LocalBlobs::Run> runs) {
    std::ranges::sort(runs, {}, &LocalBlobs::Run::blob_offset);
    std::vector<LocalBlobs::Run> result;
    std::uint64_t end = 0;
    for (LocalBlobs::Run run : runs) {
        const std::uint64_t had = std::min(run.length, end - std::min(end, run.blob_offset));
        run.blob_offset += had;
        run.file_offset += had;
        run.length -= had;
        if (run.length == 0) continue;
        end = run.blob_offset + run.length;
        result.push_back(run);
    }
    return result;
}

}  // namespace

void LocalBlobs::add(const std::filesystem::path& path, const codec::Recipe& recipe) {
    std::shared_ptr<const File> file;
    try {
        file = std::make_shared<const File>(path, File::Mode::read);
        if (file->size() != recipe.size) return;
    } catch (const Error&) {
        return;  // gone meanwhile, or not ours to read
    }
    std::map<codec::Digest, std::vector<Run>> blobs;
    std::uint64_t offset = 0;
    for (const codec::Segment& segment : recipe.segments) {
        if (const auto* range = std::get_if<codec::BlobRange>(&segment))
            blobs[range->blob.sha256].push_back({range->offset, range->length, offset});
        offset += codec::length(segment);
    }
    const std::lock_guard lock(mutex_);
    for (auto& [blob, runs] : blobs) places_.try_emplace(blob, Place{file, in_order(std::move(runs))});
}

std::optional<LocalBlobs::Place> LocalBlobs::find(const codec::Digest& blob) const {
    const std::lock_guard lock(mutex_);
    const auto found = places_.find(blob);
    if (found == places_.end()) return std::nullopt;
    return found->second;
}

bool LocalBlobs::read(const codec::BlobRange& range, codec::MutableByteView out) const {
    const std::optional<Place> place = find(range.blob.sha256);
    if (!place) return false;
    std::uint64_t at = range.offset;
    try {
        for (const Run& run : place->runs) {
            if (out.empty()) break;
            if (at >= run.blob_offset + run.length) continue;
            if (at < run.blob_offset) return false;
            const std::uint64_t skip = at - run.blob_offset;
            const std::size_t size = std::min<std::uint64_t>(out.size(), run.length - skip);
            place->file->read(run.file_offset + skip, out.first(size));
            out = out.subspan(size);
            at += size;
        }
    } catch (const Error&) {
        return false;
    }
    return out.empty();
}

void LocalBlobs::forget(const codec::Digest& blob) {
    const std::lock_guard lock(mutex_);
    places_.erase(blob);
}

}  // namespace bitx::agent
