#include "agent/pull/pull_plan.hpp"

#include <algorithm>
#include <map>

#include "agent/concurrency/resources.hpp"

namespace bitx::agent {
namespace {

// Parts of a blob nearer to each other than this are read together: less than what a request costs.
constexpr std::uint64_t largest_gap = 256 << 10;

}  // namespace

std::vector<Piece> cut_at_windows(const codec::BlobRange& range, std::uint64_t file_offset) {
    std::vector<Piece> pieces;
    for (std::uint64_t done = 0; done < range.length;) {
        const std::uint64_t offset = range.offset + done;
        const std::uint64_t length = std::min(range.length - done, window_size - offset % window_size);
        pieces.push_back({offset, length, file_offset + done});
        done += length;
    }
    return pieces;
}

std::vector<BlobUse> blobs_of(const codec::Recipe& recipe) {
    std::vector<BlobUse> uses;
    std::map<codec::BlobKey, std::size_t> index;
    std::uint64_t file_offset = 0;
    for (const codec::Segment& segment : recipe.segments) {
        if (const auto* range = std::get_if<codec::BlobRange>(&segment)) {
            const auto [entry, is_new] = index.try_emplace(range->blob, uses.size());
            if (is_new) uses.push_back({.blob = range->blob});
            for (const Piece& piece : cut_at_windows(*range, file_offset))
                uses[entry->second].pieces.push_back(piece);
        }
        file_offset += codec::length(segment);
    }
    for (BlobUse& use : uses) std::ranges::sort(use.pieces, {}, &Piece::blob_offset);
    return uses;
}

std::vector<WindowUse> windows_of(const BlobUse& use) {
    std::vector<WindowUse> windows;
    std::uint64_t end = 0;
    for (const Piece& piece : use.pieces) {
        const bool joins = !windows.empty() && piece.blob_offset <= end + largest_gap &&
                           piece.blob_offset / window_size == windows.back().range.offset / window_size;
        if (!joins) windows.push_back({.range = {use.blob, piece.blob_offset, 0}});
        WindowUse& window = windows.back();
        end = std::max(joins ? end : 0, piece.blob_offset + piece.length);
        window.range.length = end - window.range.offset;
        window.pieces.push_back(piece);
    }
    return windows;
}

}  // namespace bitx::agent
