#include "codec/object/blob.hpp"

#include "tests/fuzz/target.hpp"

namespace bitx::fuzz {
namespace {

using namespace codec;

void set(Bytes& bytes, std::size_t offset, auto value) {
    std::memcpy(&bytes[offset], &value, sizeof value);
}

void seal(Bytes& header) {
    set(header, 16, static_cast<std::uint32_t>(header.size()));
    Bytes covered(header.begin(), header.begin() + 72);
    covered.insert(covered.end(), header.begin() + blob_preamble_size, header.end());
    set(header, 72, checksum(covered));
}

}  // namespace

void blob(ByteView input) {
    Bytes bytes(input.begin(), input.end());
    if (bytes.size() >= blob_preamble_size) seal(bytes);
    BlobHeader header;
    try {
        header = read_blob_header(bytes);
    } catch (const Error&) {
        return;
    }
    const Bytes written = write_blob_header(header);
    const BlobHeader again = read_blob_header(written);
    require(again.key() == header.key() && again.members == header.members && again.frames == header.frames,
            "a header that is read can be written, and is the same");

    const FrameIndex index(header, written.size());
    require(index.size() == header.frames.size(), "every frame has a place");
    std::uint64_t raw = 0;
    std::uint64_t stored = written.size();
    for (std::size_t i = 0; i < index.size(); ++i) {
        const FramePlace& place = index[i];
        require(place.frame == i && place.raw_offset == raw && place.stored_offset == stored,
                "frames follow each other, raw and stored");
        require(place.raw_length > 0 && place.raw_length <= frame_size, "a frame holds 1 byte to 2 MiB");
        const Member& member = header.members[place.member];
        const BaseRange base = base_range(member, place.member_offset, place.raw_length);
        require(base.length <= place.raw_length, "a frame's base is not longer than the frame");
        require(base.length == 0 || base.offset + base.length <= member.base->offset + member.base->length,
                "a frame's base lies inside its member's");
        require(index.overlapping(raw, place.raw_length) == std::pair(i, i + 1),
                "a frame is found by its bytes");
        raw += place.raw_length;
        stored += place.stored_length;
    }
    require(raw == header.raw_length(), "frames reach to the blob's end");
    require(stored == read_blob_preamble(written).stored_length, "frames reach to the object's end");
}

}  // namespace bitx::fuzz
