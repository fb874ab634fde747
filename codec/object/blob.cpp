#include "codec/object/blob.hpp"

#include <algorithm>
#include <map>
#include <numeric>

#include "codec/object/stored_key.hpp"

namespace bitx::codec {
namespace {

constexpr std::string_view magic = "BITXblob";
constexpr std::uint16_t version = 1;
constexpr std::size_t checksum_offset = 72;
constexpr std::uint64_t raw_length_limit = std::uint64_t{1}
                                           << 43;  // with it, sums of lengths cannot overflow
constexpr std::size_t frame_entry_size = 13;
constexpr std::size_t least_member_size = 4 + frame_entry_size;

std::uint64_t header_checksum(ByteView header) {
    Bytes covered(header.begin(), header.begin() + checksum_offset);
    covered.insert(covered.end(), header.begin() + blob_preamble_size, header.end());
    return checksum(covered);
}

Member read_member(Cursor& cursor, const std::vector<BlobKey>& bases) {
    Member member;
    const auto dtype = cursor.integer<std::uint8_t>();
    if (dtype >= dtype_count) throw UnsupportedError("it has a dtype that this version does not know");
    member.dtype = static_cast<Dtype>(dtype);
    member.length = cursor.varint_up_to(raw_length_limit, "a member's length");
    if (member.length == 0) throw CorruptError("a member is empty");
    member.row_length = cursor.varint_up_to(raw_length_limit, "a row's length");
    if (const std::uint64_t base = cursor.varint_up_to(bases.size(), "a base's index"); base > 0) {
        member.base.emplace();
        member.base->blob = bases[base - 1];
        member.base->offset = cursor.varint_up_to(raw_length_limit, "a base's offset");
        member.base->length = cursor.varint_up_to(member.length, "a base's length");
        if (member.base->length == 0) throw CorruptError("a base is empty");
    }
    return member;
}

FrameEntry read_frame_entry(Cursor& cursor, const Member& member, std::uint64_t member_offset) {
    FrameEntry entry;
    const auto method = cursor.integer<std::uint8_t>();
    if (method >= method_count)
        throw UnsupportedError("it has a frame method that this version does not know");
    entry.method = static_cast<Method>(method);
    entry.stored_length = cursor.integer<std::uint32_t>();
    entry.checksum = cursor.integer<std::uint64_t>();
    const std::size_t raw_length = std::min<std::uint64_t>(frame_size, member.length - member_offset);
    if (entry.stored_length == 0 || entry.stored_length > raw_length)
        throw CorruptError("a frame is longer than what it holds");
    if (uses_base(entry.method) && base_range(member, member_offset, raw_length).length == 0)
        throw CorruptError("a frame is coded against a base that it does not have");
    return entry;
}

}  // namespace

std::uint8_t BlobHeader::depth() const {
    std::uint8_t depth = 0;
    for (const Member& member : members)
        if (member.base) depth = std::max<std::uint8_t>(depth, member.base->blob.depth + 1);
    return depth;
}

std::uint64_t BlobHeader::raw_length() const {
    return std::accumulate(members.begin(), members.end(), std::uint64_t{0},
                           [](std::uint64_t sum, const Member& member) { return sum + member.length; });
}

std::uint64_t BlobHeader::frames_length() const {
    return std::accumulate(
        frames.begin(), frames.end(), std::uint64_t{0},
        [](std::uint64_t sum, const FrameEntry& frame) { return sum + frame.stored_length; });
}

BaseRange base_range(const Member& member, std::uint64_t member_offset, std::size_t raw_length) {
    if (!member.base || member_offset >= member.base->length) return {};
    return {member.base->offset + member_offset, static_cast<std::size_t>(std::min<std::uint64_t>(
                                                     raw_length, member.base->length - member_offset))};
}

MatrixPlace matrix_place(const Member& member, std::uint64_t member_offset) {
    if (member.row_length == 0) return {};
    return {member.row_length, member_offset / width(member.dtype) % member.row_length};
}

Bytes write_blob_header(const BlobHeader& header) {
    ByteWriter body;
    std::map<BlobKey, std::size_t> bases;
    for (const Member& member : header.members)
        if (member.base) bases.emplace(member.base->blob, 0);
    body.varint(bases.size());
    for (std::size_t number = 0; auto& [key, index] : bases) {
        write_key(body, key);
        index = ++number;
    }
    body.varint(header.members.size());
    for (const Member& member : header.members) {
        body.integer(static_cast<std::uint8_t>(member.dtype));
        body.varint(member.length);
        body.varint(member.row_length);
        body.varint(member.base ? bases.at(member.base->blob) : 0);
        if (member.base) {
            body.varint(member.base->offset);
            body.varint(member.base->length);
        }
    }
    for (const FrameEntry& frame : header.frames) {
        body.integer(static_cast<std::uint8_t>(frame.method));
        body.integer(frame.stored_length);
        body.integer(frame.checksum);
    }

    const std::size_t header_length = blob_preamble_size + body.size();
    if (header_length > blob_header_limit) throw Error("a blob's header is beyond its limit");
    ByteWriter writer;
    writer.append(as_bytes(magic));
    writer.integer(version);
    writer.integer(std::uint16_t{0});  // required features
    writer.integer(sha256_algorithm);
    writer.integer(header.depth());
    writer.integer(std::uint16_t{0});
    writer.integer(static_cast<std::uint32_t>(header_length));
    writer.integer(std::uint32_t{0});
    writer.integer(header.raw_length());
    writer.integer(header_length + header.frames_length());
    writer.append(header.sha256.bytes);
    writer.integer(std::uint64_t{0});
    writer.append(body.view());
    Bytes bytes = std::move(writer).finish();
    const std::uint64_t sum = header_checksum(bytes);
    std::memcpy(&bytes[checksum_offset], &sum, sizeof sum);
    try {
        read_blob_header(bytes);
    } catch (const Error& error) {
        throw Error(std::string("the blob's header could not be read again: ") + error.what());
    }
    return bytes;
}

BlobPreamble read_blob_preamble(ByteView bytes) {
    Cursor cursor(bytes);
    if (bytes.size() < blob_preamble_size || as_text(cursor.take(magic.size())) != magic)
        throw CorruptError("it is not a blob");
    if (cursor.integer<std::uint16_t>() != version) throw UnsupportedError("it is a blob of a newer format");
    if (cursor.integer<std::uint16_t>() != 0)
        throw UnsupportedError("it needs a feature that this version does not know");
    check_algorithm(cursor.integer<std::uint8_t>());
    cursor.take(3);
    BlobPreamble preamble;
    preamble.header_length = cursor.integer<std::uint32_t>();
    cursor.take(4 + 8);
    preamble.stored_length = cursor.integer<std::uint64_t>();
    if (preamble.header_length < blob_preamble_size || preamble.header_length > blob_header_limit ||
        preamble.header_length > preamble.stored_length)
        throw CorruptError("its header's length is impossible");
    return preamble;
}

BlobHeader read_blob_header(ByteView bytes) {
    const BlobPreamble preamble = read_blob_preamble(bytes);
    if (bytes.size() != preamble.header_length) throw CorruptError("its header ends too early");
    Cursor cursor(bytes);
    cursor.take(13);
    const auto depth = cursor.integer<std::uint8_t>();
    cursor.take(2 + 4 + 4);
    const auto raw_length = cursor.integer<std::uint64_t>();
    cursor.take(8);
    BlobHeader header;
    header.sha256 = read_digest(cursor);
    if (cursor.integer<std::uint64_t>() != header_checksum(bytes))
        throw CorruptError("its header does not match its checksum");

    std::vector<BlobKey> bases(cursor.varint_up_to(cursor.left() / sizeof(Digest), "the number of bases"));
    for (BlobKey& base : bases) {
        base = read_key(cursor);
        if (base.depth >= max_depth || base.depth >= depth)
            throw CorruptError("a base is deeper than its blob");
    }
    header.members.resize(cursor.varint_up_to(cursor.left() / least_member_size, "the number of members"));
    std::uint64_t frames = 0;
    std::uint64_t length = 0;
    for (Member& member : header.members) {
        member = read_member(cursor, bases);
        length += member.length;
        frames += frame_count(member.length);
        if (length > raw_length_limit) throw CorruptError("its length is beyond its limit");
    }
    if (length != raw_length || header.members.empty())
        throw CorruptError("its members do not add up to its length");
    if (header.depth() != depth) throw CorruptError("its depth is not that of its bases");
    if (frames > cursor.left() / frame_entry_size) throw CorruptError("its header ends too early");
    header.frames.reserve(frames);
    for (const Member& member : header.members)
        for (std::uint64_t offset = 0; offset < member.length; offset += frame_size)
            header.frames.push_back(read_frame_entry(cursor, member, offset));
    cursor.expect_end();
    if (preamble.header_length + header.frames_length() != preamble.stored_length)
        throw CorruptError("its frames do not add up to its stored length");
    return header;
}

FrameIndex::FrameIndex(const BlobHeader& header, std::uint64_t header_length) {
    places_.reserve(header.frames.size());
    FramePlace place;
    place.stored_offset = header_length;
    for (place.member = 0; place.member < header.members.size(); ++place.member) {
        const Member& member = header.members[place.member];
        for (place.member_offset = 0; place.member_offset < member.length;
             place.member_offset += frame_size) {
            place.raw_length = std::min<std::uint64_t>(frame_size, member.length - place.member_offset);
            place.stored_length = header.frames[place.frame].stored_length;
            places_.push_back(place);
            ++place.frame;
            place.raw_offset += place.raw_length;
            place.stored_offset += place.stored_length;
        }
    }
}

std::pair<std::size_t, std::size_t> FrameIndex::overlapping(std::uint64_t offset,
                                                            std::uint64_t length) const {
    const auto end_of = [](const FramePlace& place) { return place.raw_offset + place.raw_length; };
    const auto first = std::ranges::upper_bound(places_, offset, {}, end_of);
    const auto last = std::ranges::lower_bound(places_, offset + length, {}, &FramePlace::raw_offset);
    return {first - places_.begin(), std::max(first, last) - places_.begin()};
}

}  // namespace bitx::codec
