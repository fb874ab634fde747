#include "agent/push/blob_encoder.hpp"

#include <algorithm>
#include <cstring>

#include "agent/concurrency/in_order.hpp"
#include "agent/error.hpp"

namespace bitx::agent {
namespace {

// Frames [first, last) of at most window_size raw bytes together, for all of the blob.
std::vector<std::pair<std::size_t, std::size_t>> windows_of(const codec::FrameIndex& index) {
    std::vector<std::pair<std::size_t, std::size_t>> windows;
    std::size_t size = window_size;
    for (std::size_t i = 0; i < index.size(); ++i) {
        if (size + index[i].raw_length > window_size) {
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
                                      std::vector<codec::Member> members, Spool& frames, const Coded& coded) {
    codec::BlobHeader header{.sha256 = sha256, .members = std::move(members)};
    std::size_t count = 0;
    for (const codec::Member& member : header.members) count += codec::frame_count(member.length);
    header.frames.resize(count);
    const codec::FrameIndex index(header, 0);
    const auto windows = windows_of(index);
    struct Window {
        std::size_t first;
        std::vector<codec::CodedFrame> frames;
    };
    InOrder<Window> in_order(windows.size(), resources_.windows_ahead(), [&](Window window) {
        for (const codec::CodedFrame& frame : window.frames) {
            header.frames[window.first++] = {frame.method, static_cast<std::uint32_t>(frame.stored.size()),
                                             frame.checksum};
            frames.append(frame.stored);
        }
    });
    resources_.pool().parallel_for(windows.size(), [&](std::size_t i) {
        const auto [first, last] = windows[i];
        in_order.run(i, [&, first = first, last = last] {
            Window window{first, encode_window(bytes, header, index, first, last)};
            coded(index[last - 1].raw_offset + index[last - 1].raw_length - index[first].raw_offset);
            return window;
        });
    });
    drop_unused_bases(header, index);
    return header;
}

std::vector<codec::CodedFrame> BlobEncoder::encode_window(const UnitBytes& bytes,
                                                          const codec::BlobHeader& header,
                                                          const codec::FrameIndex& index, std::size_t first,
                                                          std::size_t last) {
    if (stop_.stop_requested()) throw StoppedError("stopped");
    std::vector<codec::BlobRange> ranges;
    std::uint64_t memory = 2 * window_size;  // coded; a frame decoded, and one that was read again
    for (std::size_t i = first; i < last; ++i) {
        ranges.push_back(base_of_frame(header.members[index[i].member], index[i]));
        if (ranges.back().length > 0)
            memory = std::max(memory, 2 * window_size + BlobReader::memory_for(ranges.back().blob));
    }
    const auto share = resources_.window_memory(memory);
    const BlobReader::Ranges bases = reader_.read(ranges);
    const auto coder = resources_.coder();
    const auto coding = resources_.clock().span(Stage::code);

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
        if (std::memcmp(decoded.data(), raw.data(), raw.size()) != 0)
            throw Error(
                "a frame does not decode to what was coded (memory fault?); nothing was stored, push again");
    }
    return coded;
}

std::size_t BlobEncoder::best_base(codec::ByteView raw, std::uint64_t offset, const codec::Member& member,
                                   std::span<const codec::BlobRange> ranges) {
    std::size_t best = 0;
    std::size_t best_size = SIZE_MAX;
    for (std::size_t i = 0; i < ranges.size(); ++i) {
        codec::BlobRange range = ranges[i];
        if (offset >= range.length) continue;
        range.offset += offset;
        range.length = std::min<std::uint64_t>(range.length - offset, raw.size());
        codec::Bytes base(range.length);
        reader_.read(range, base);
        const auto coder = resources_.coder();
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
