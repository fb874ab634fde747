#include "agent/local/likeness.hpp"

#include <algorithm>
#include <map>
#include <vector>

#include "agent/error.hpp"
#include "agent/local/local_blobs.hpp"
#include "codec/hash.hpp"

namespace bitx::agent {
namespace {

constexpr std::size_t most_blobs = 8;
constexpr std::size_t block_size = 1 << 20;

struct Candidate {
    codec::Digest blob;
    std::uint64_t length = 0;  ///< bytes of it in the file
};

// The file is divided in stretches of as many blobs; of each, the shortest one.
std::vector<codec::Digest> some_blobs(const codec::Recipe& recipe) {
    std::vector<Candidate> all;
    std::map<codec::Digest, std::size_t> places;
    for (const codec::Segment& segment : recipe.segments) {
        const auto* range = std::get_if<codec::BlobRange>(&segment);
        if (range == nullptr) continue;
        const auto [place, added] = places.try_emplace(range->blob.sha256, all.size());
        if (added) all.push_back({range->blob.sha256, 0});
        all[place->second].length += range->length;
    }
    const std::size_t count = std::min(most_blobs, all.size());
    std::vector<codec::Digest> some;
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t first = i * all.size() / count;
        const std::size_t end = (i + 1) * all.size() / count;
        const auto stretch = std::span(all).subspan(first, end - first);
        some.push_back(std::ranges::min_element(stretch, {}, &Candidate::length)->blob);
    }
    return some;
}

codec::Digest digest_of(const LocalBlobs::Place& place) {
    codec::Sha256 hash;
    codec::Bytes block;
    for (const LocalBlobs::Run& run : place.runs) {
        for (std::uint64_t done = 0; done < run.length; done += block.size()) {
            block.resize(std::min<std::uint64_t>(block_size, run.length - done));
            place.file->read(run.file_offset + done, block);
            hash.update(block);
        }
    }
    return hash.finish();
}

}  // namespace

Likeness likeness(const std::filesystem::path& path, const codec::Recipe& recipe) {
    LocalBlobs file;
    file.add(path, recipe);
    Likeness result;
    try {
        for (const codec::Digest& blob : some_blobs(recipe)) {
            ++result.compared;
            const auto place = file.find(blob);
            if (place && digest_of(*place) == blob) ++result.same;
        }
    } catch (const Error&) {
        result.same = 0;
    }
    return result;
}

}  // namespace bitx::agent
