#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <vector>

#include "agent/concurrency/resources.hpp"
#include "agent/file.hpp"
#include "agent/push/spool.hpp"
#include "agent/store/blob_reader.hpp"
#include "codec/object/blob.hpp"

namespace bitx::agent {

/// The raw bytes of a unit: in memory, or where that would be too much, a run of a file that is read again.
struct UnitBytes {
    codec::ByteView memory;
    const File* file = nullptr;
    std::uint64_t file_offset = 0;
    std::vector<std::uint64_t> frame_checksums;  ///< as the file was first read; empty for what is in memory

    /// Bytes [offset, offset + length), in `scratch` where they are not in memory.
    codec::ByteView view(std::uint64_t offset, std::size_t length, codec::Bytes& scratch) const;
};

/// Codes the frames of blobs and verifies each: what was coded is decoded again and compared with what was
/// read.
class BlobEncoder {
  public:
    BlobEncoder(BlobReader& reader, Resources& resources, std::stop_token stop)
        : reader_(reader), resources_(resources), stop_(std::move(stop)) {}

    /// Takes the raw bytes that were coded since it was called last; called from several threads.
    using Coded = std::function<void(std::uint64_t bytes)>;

    /// Codes `bytes`, which have the digest `sha256` and are cut into `members`, into `frames`. The header
    /// that is returned names only bases that frames use. Throws Error where the bytes changed since they
    /// were first read, StoppedError on request.
    codec::BlobHeader encode(const UnitBytes& bytes, const codec::Digest& sha256,
                             std::vector<codec::Member> members, Spool& frames, const Coded& coded);

    /// Of several ranges of the base that a member could be coded against, the index of that which makes a
    /// sample of it smallest. `raw` is the sample, from `offset` in the member.
    std::size_t best_base(codec::ByteView raw, std::uint64_t offset, const codec::Member& member,
                          std::span<const codec::BlobRange> ranges);

  private:
    std::vector<codec::CodedFrame> encode_window(const UnitBytes& bytes, const codec::BlobHeader& header,
                                                 const codec::FrameIndex& index, std::size_t first,
                                                 std::size_t last);

    BlobReader& reader_;
    Resources& resources_;
    std::stop_token stop_;
};

}  // namespace bitx::agent
