#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "agent/concurrency/resources.hpp"
#include "agent/local/local_blobs.hpp"
#include "agent/store/store.hpp"
#include "codec/object/recipe.hpp"

namespace bitx::agent {

/// Raw bytes of stored blobs, decoded through their chains of bases. What it delivers has matched its
/// checksums in the store, also where it was read from a file of this machine: one that changed meanwhile
/// costs a request, no more. A coder is held while frames are decoded, never while they are fetched. May be
/// used from several threads.
class BlobReader {
  public:
    /// `local` may be null.
    BlobReader(Store& store, Resources& resources, LocalBlobs* local)
        : store_(store), resources_(resources), local_(local) {}

    /// Bytes that reading a window of a blob takes, its own included: a window for the blob and for each of
    /// its bases, and one as it is stored.
    static constexpr std::uint64_t memory_for(const codec::BlobKey& key) {
        return (std::uint64_t{key.depth} + 2) * window_size;
    }

    /// Reads a run of a blob's raw bytes into `out`, which has the range's length. Throws AbsentError and
    /// DamagedError naming the stored object at fault, be it the blob or one of its bases.
    void read(const codec::BlobRange& range, codec::MutableByteView out);

    /// Opens the blob of a range that is read next, so that read() finds its header. Throws as read() does.
    std::shared_ptr<const OpenBlob> open(const codec::BlobRange& range);

    /// Reads many ranges; neighbours of one blob are read together. The views are as long as their ranges.
    struct Ranges {
        codec::Buffer bytes;
        std::vector<codec::ByteView> views;
    };
    Ranges read(std::span<const codec::BlobRange> ranges);

    /// Stored bytes, headers aside, of the frames that a run of raw bytes is decoded from, bases included:
    /// what a cold pull of it costs.
    std::uint64_t stored_cost(const codec::BlobRange& range);

  private:
    /// What bytes are read for: a base is worth keeping, others will need it.
    enum class Role { wanted, base };
    enum class Check { by_checksum, by_result };
    struct Bases : Ranges {
        std::vector<codec::Digest> unchecked;  ///< blobs that were read from local files, as they are
    };
    Bases read(std::span<const codec::BlobRange> ranges, Check check);
    void read(const codec::BlobRange& range, codec::MutableByteView out, Role role);
    void read_once(const codec::BlobRange& range, codec::MutableByteView out, Role role);
    bool read_local(const OpenBlob& blob, std::size_t first, std::size_t last, std::uint64_t offset,
                    codec::MutableByteView out, Role role);
    void read_window(const OpenBlob& blob, std::size_t first, std::size_t last, std::uint64_t offset,
                     codec::MutableByteView out, Role role);
    void decode_window(const OpenBlob& blob, std::size_t first, std::size_t last, codec::ByteView stored,
                       const Ranges& base, std::uint64_t offset, codec::MutableByteView out);

    Store& store_;
    Resources& resources_;
    LocalBlobs* local_;
};

/// The range that a frame at `place` of `member` is coded against; of length 0 where it has none.
codec::BlobRange base_of_frame(const codec::Member& member, const codec::FramePlace& place);

}  // namespace bitx::agent
