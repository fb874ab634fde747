#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "agent/settings.hpp"
#include "agent/store/store.hpp"
#include "codec/frame.hpp"
#include "codec/recipe.hpp"

namespace bitx::agent {

/// Raw bytes of stored blobs, decoded through their chains of bases. What it delivers has matched its
/// checksums. Memory: a window of frames, stored and raw, for each depth. May be used from several threads,
/// each with a coder.
class BlobReader {
  public:
    /// Raw bytes that are fetched and decoded at a time.
    static constexpr std::size_t window = 4 * codec::frame_size;

    explicit BlobReader(Store& store) : store_(store) {}

    /// Reads a run of a blob's raw bytes into `out`, which has the range's length. Throws AbsentError and
    /// DamagedError naming the stored object at fault, be it the blob or one of its bases.
    void read(const codec::BlobRange& range, codec::MutableByteView out, codec::FrameCoder& coder);

    /// Reads many ranges; neighbours of one blob are read together. The views are as long as their ranges.
    struct Ranges {
        codec::Bytes bytes;
        std::vector<codec::ByteView> views;
    };
    Ranges read(std::span<const codec::BlobRange> ranges, codec::FrameCoder& coder);

    /// Stored bytes, headers aside, of the frames that a run of raw bytes is decoded from, bases included:
    /// what a cold pull of it costs.
    std::uint64_t stored_cost(const codec::BlobRange& range);

  private:
    void read_once(const codec::BlobRange& range, codec::MutableByteView out, codec::FrameCoder& coder);
    void read_window(const OpenBlob& blob, std::size_t first, std::size_t last, std::uint64_t offset,
                     codec::MutableByteView out, codec::FrameCoder& coder);

    Store& store_;
};

/// The threads that may code or decode at once: settings.threads, or fewer where their windows at every depth
/// would take more than half of settings.memory.
unsigned decoding_threads(const Settings& settings);

/// The range that a frame at `place` of `member` is coded against; of length 0 where it has none.
codec::BlobRange base_of_frame(const codec::Member& member, const codec::FramePlace& place);

}  // namespace bitx::agent
