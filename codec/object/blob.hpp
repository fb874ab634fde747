#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "codec/bytes.hpp"
#include "codec/dtype.hpp"
#include "codec/frame/frame.hpp"
#include "codec/hash.hpp"

namespace bitx::codec {

/// The deepest chain of bases that a blob may have.
inline constexpr std::uint8_t max_depth = 3;

/// What names a stored blob: the raw bytes that it decodes to, and how deep its chain of bases is. The bytes
/// of a blob's stored form may differ from writer to writer, what it decodes to may not.
struct BlobKey {
    Digest sha256;
    std::uint8_t depth = 0;

    auto operator<=>(const BlobKey&) const = default;
};

/// A run of another blob's raw bytes that a member is coded against, from the member's first byte on.
struct MemberBase {
    BlobKey blob;
    std::uint64_t offset = 0;  ///< in the base blob's raw bytes
    std::uint64_t length = 0;  ///< bytes, at most the member's; past it the member has no base

    bool operator==(const MemberBase&) const = default;
};

/// A part of a blob with its own dtype and base: a tensor. Members follow each other without gaps.
struct Member {
    Dtype dtype = Dtype::bytes;
    std::uint64_t length = 0;      ///< raw bytes, at least 1
    std::uint64_t row_length = 0;  ///< elements of the last dimension; 0 where there are no rows
    std::optional<MemberBase> base;

    bool operator==(const Member&) const = default;
};

struct FrameEntry {
    Method method = Method::raw;
    std::uint32_t stored_length = 0;  ///< bytes, at most the frame's raw length
    std::uint64_t checksum = 0;       ///< of the frame's raw bytes

    bool operator==(const FrameEntry&) const = default;
};

/// Where one frame lies.
struct FramePlace {
    std::size_t frame = 0;            ///< its index in BlobHeader::frames
    std::size_t member = 0;           ///< its index in BlobHeader::members
    std::uint64_t raw_offset = 0;     ///< in the blob's raw bytes
    std::uint64_t member_offset = 0;  ///< in its member's raw bytes
    std::size_t raw_length = 0;
    std::uint64_t stored_offset = 0;  ///< in the stored object
    std::size_t stored_length = 0;
};

/// The header of a stored blob (FORMAT.md, "Blob"): all but the frames' own bytes.
struct BlobHeader {
    Digest sha256;  ///< of the blob's raw bytes
    std::vector<Member> members;
    std::vector<FrameEntry> frames;  ///< each member's, in order

    /// 0 without bases, else one more than the deepest.
    std::uint8_t depth() const;
    BlobKey key() const { return {sha256, depth()}; }
    std::uint64_t raw_length() const;
    /// Bytes of all frames as stored, without the header.
    std::uint64_t frames_length() const;
};

/// Frames of a member of `length` raw bytes.
constexpr std::uint64_t frame_count(std::uint64_t length) {
    return (length + frame_size - 1) / frame_size;
}

/// The range of a member's base that a frame is coded against: empty where the frame lies past the base.
struct BaseRange {
    std::uint64_t offset = 0;  ///< in the base blob's raw bytes
    std::size_t length = 0;
};
BaseRange base_range(const Member& member, std::uint64_t member_offset, std::size_t raw_length);

/// Where the element at `member_offset` bytes stands in its member's rows.
MatrixPlace matrix_place(const Member& member, std::uint64_t member_offset);

/// The stored form of a header; the frames follow it. Throws Error for what read_blob_header would refuse.
Bytes write_blob_header(const BlobHeader& header);

/// Bytes at the start of a blob that tell how long its header is.
inline constexpr std::size_t blob_preamble_size = 80;
/// The longest header that is read, in bytes: enough for a blob of 8 TiB.
inline constexpr std::uint64_t blob_header_limit = 64 << 20;

/// What the first bytes of a stored object say of it, before anything is allocated by it. Throws CorruptError
/// for what is no blob, UnsupportedError for a blob of a newer format.
struct BlobPreamble {
    std::uint64_t header_length = 0;
    std::uint64_t stored_length = 0;  ///< of the whole object
};
BlobPreamble read_blob_preamble(ByteView bytes);

/// Reads a header of exactly `preamble.header_length` bytes and checks it whole: its checksum, that lengths
/// add up to the object's, that bases are shallower than the blob.
BlobHeader read_blob_header(ByteView bytes);

/// Finds the frames of a blob by their place in its raw bytes.
class FrameIndex {
  public:
    /// `header_length` is that of the stored header, in bytes: where the first frame begins.
    FrameIndex(const BlobHeader& header, std::uint64_t header_length);

    std::size_t size() const { return places_.size(); }
    const FramePlace& operator[](std::size_t frame) const { return places_[frame]; }
    /// The indices [first, last) of the frames that hold bytes [offset, offset + length) of the blob.
    std::pair<std::size_t, std::size_t> overlapping(std::uint64_t offset, std::uint64_t length) const;

  private:
    std::vector<FramePlace> places_;
};

}  // namespace bitx::codec
