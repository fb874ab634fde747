#include "agent/push/blob_encoder.hpp"

#include <algorithm>

#include "agent/error.hpp"

namespace bitx::agent {
namespace {

// Frames [first, last) of at most BlobReader::window raw bytes together, for all of the blob.
std::vector<std::pair<std::size_t, std::size_t>> windows_of(const codec::FrameIndex& index) {
    std::vector<std::pair<std::size_t, std::size_t>> windows;
    std::size_t size = BlobReader::window;
    for (std::size_t i = 0; i < index.size(); ++i) {
        if (size + index[i].raw_length > BlobReader::window) {
            windows.emplace_back(i, i);
            size = 0;
        }
        size += index[i].raw_length;
        windows.back().second = i + 1;
    }
    return windows;
}

void drop_unused_bases(codec::BlobHeader& header, const codec::FrameIndex& index) {
    std::vector<bool> used(header.members.size());
    for (std::size_t i = 0; i < index.size(); ++i)
        if (uses_base(header.frames[i].method)) used[index[i].member] = true;
    for (std::size_t member = 0; member < used.size(); ++member)
        if (!used[member]) header.members[member].base.reset();
}

}  // namespace

codec::ByteView UnitBytes::view(std::uint64_t offset, std::size_t length, codec::Bytes& scratch) const {
    if (file == nullptr) return memory.subspan(offset, length);
    scratch.resize(length);
    file->read(file_offset + offset, scratch);
    return scratch;
}

codec::BlobHeader BlobEncoder::encode(const UnitBytes& bytes, const codec::Digest& sha256,
                                      std::vector<codec::Member> members, Spool& frames) {
    codec::BlobHeader header{.sha256 = sha256, .members = std::move(members)};
    std::size_t count = 0;
    for (const codec::Member& member : header.members) count += codec::frame_count(member.length);
    header.frames.resize(count);
    const codec::FrameIndex index(header, 0);
    const auto windows = windows_of(index);
    const std::size_t batch = 2 * pool_.size();
    for (std::size_t begin = 0; begin < windows.size(); begin += batch) {
        std::vector<std::vector<codec::CodedFrame>> coded(std::min(batch, windows.size() - begin));
        pool_.parallel_for(coded.size(), [&](std::size_t i) {
            const auto [first, last] = windows[begin + i];
            coded[i] = encode_window(bytes, header, index, first, last);
        });
        for (std::size_t i = 0; i < coded.size(); ++i) {
            for (std::size_t frame = windows[begin + i].first; const codec::CodedFrame& stored : coded[i]) {
                header.frames[frame++] = {stored.method, static_cast<std::uint32_t>(stored.stored.size()),
                                          stored.checksum};
                frames.append(stored.stored);
            }
        }
    }
    drop_unused_bases(header, index);
    return header;
}

std::vector<codec::CodedFrame> BlobEncoder::encode_window(const UnitBytes& bytes,
                                                          const codec::BlobHeader& header,
                                                          const codec::FrameIndex& index, std::size_t first,
                                                          std::size_t last) {
    if (stop_.stop_requested()) throw StoppedError("stopped");
    const auto coder = coders_.lend();
    std::vector<codec::BlobRange> ranges;
    for (std::size_t i = first; i < last; ++i)
        ranges.push_back(base_of_frame(header.members[index[i].member], index[i]));
    const BlobReader::Ranges bases = reader_.read(ranges, *coder);

    std::vector<codec::CodedFrame> coded;
    codec::Bytes scratch;
    codec::Bytes decoded;
    for (std::size_t i = first; i < last; ++i) {
        const codec::ByteView raw = bytes.view(index[i].raw_offset, index[i].raw_length, scratch);
        const codec::ByteView base = bases.views[i - first];
        const codec::Member& member = header.members[index[i].member];
        coded.push_back(
            (*coder).encode(raw, base, member.dtype, matrix_place(member, index[i].member_offset)));
        const codec::CodedFrame& frame = coded.back();
        if (!bytes.frame_checksums.empty() && frame.checksum != bytes.frame_checksums[i])
            throw Error(bytes.file->path().string() + " changed while it was read; push again");
        decoded.resize(raw.size());
        (*coder).decode(frame.method, frame.stored, base, member.dtype, frame.checksum, decoded);
        if (!std::ranges::equal(decoded, raw))
            throw Error(
                "a frame does not decode to what was coded (memory fault?); nothing was stored, push again");
    }
    return coded;
}

std::size_t BlobEncoder::best_base(codec::ByteView raw, std::uint64_t offset, const codec::Member& member,
                                   std::span<const codec::BlobRange> ranges) {
    const auto coder = coders_.lend();
    std::size_t best = 0;
    std::size_t best_size = SIZE_MAX;
    for (std::size_t i = 0; i < ranges.size(); ++i) {
        codec::BlobRange range = ranges[i];
        if (offset >= range.length) continue;
        range.offset += offset;
        range.length = std::min<std::uint64_t>(range.length - offset, raw.size());
        codec::Bytes base(range.length);
        reader_.read(range, base, *coder);
        const std::size_t size =
            (*coder).encode(raw, base, member.dtype, matrix_place(member, offset)).stored.size();
        if (size < best_size) {
            best = i;
            best_size = size;
        }
    }
    return best;
}

}  // namespace bitx::agent
