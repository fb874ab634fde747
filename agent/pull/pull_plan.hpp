#pragma once

#include <cstdint>
#include <vector>

#include "codec/object/recipe.hpp"

namespace bitx::agent {

/// Bytes of a blob, and where they go.
struct Piece {
    std::uint64_t blob_offset = 0;
    std::uint64_t length = 0;  ///< within one window of the blob
    std::uint64_t file_offset = 0;
};

/// What a file takes from a blob.
struct BlobUse {
    codec::BlobKey blob;
    std::vector<Piece> pieces;  ///< by offset in the blob
};

/// The blobs that a file is built from, each once, in the order in which the file first needs them: so it
/// fills from the front.
std::vector<BlobUse> blobs_of(const codec::Recipe& recipe);

/// A run of a blob that is read at once, at most a window long, and where its parts go.
struct WindowUse {
    codec::BlobRange range;
    std::vector<Piece> pieces;
};

/// A blob's pieces, put together where they lie near each other.
std::vector<WindowUse> windows_of(const BlobUse& use);

/// A range that lies at `file_offset` in its file, cut where windows end.
std::vector<Piece> cut_at_windows(const codec::BlobRange& range, std::uint64_t file_offset);

}  // namespace bitx::agent
