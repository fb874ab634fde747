#include "agent/store/blob_reader.hpp"

#include <algorithm>
#include <numeric>

#include "agent/error.hpp"

namespace bitx::agent {

using codec::BlobRange;
using codec::FramePlace;

BlobRange base_of_frame(const codec::Member& member, const FramePlace& place) {
    const codec::BaseRange range = codec::base_range(member, place.member_offset, place.raw_length);
    if (range.length == 0) return {};
    return {member.base->blob, range.offset, range.length};
}

void BlobReader::read(const BlobRange& range, codec::MutableByteView out) {
    read(range, out, Role::wanted);
}

void BlobReader::read(const BlobRange& range, codec::MutableByteView out, Role role) {
    // Another writer may replace a blob by another stored form of the same bytes: begin that blob again.
    for (int attempt = 0;; ++attempt) {
        try {
            return read_once(range, out, role);
        } catch (const remote::ChangedError&) {
            if (attempt == 3) throw;
            store_.forget_cached(range.blob);
        } catch (const DamagedError&) {
            // Perhaps it is the cache's copy that is damaged.
            if (attempt == 3 || !store_.forget_cached(range.blob)) throw;
        }
    }
}

BlobReader::Ranges BlobReader::read(std::span<const BlobRange> ranges) {
    return read(ranges, Check::by_checksum);
}

BlobReader::Bases BlobReader::read(std::span<const BlobRange> ranges, Check check) {
    Bases result;
    result.bytes = codec::Buffer(
        std::accumulate(ranges.begin(), ranges.end(), std::size_t{0},
                        [](std::size_t sum, const BlobRange& range) { return sum + range.length; }));
    codec::MutableByteView rest = result.bytes;
    for (const BlobRange& range : ranges) {
        result.views.emplace_back(rest.first(range.length));
        rest = rest.subspan(range.length);
    }
    std::size_t offset = 0;
    for (std::size_t i = 0; i < ranges.size();) {
        BlobRange run = ranges[i++];
        if (run.length == 0) continue;
        for (; i < ranges.size() && (ranges[i].length == 0 || (ranges[i].blob == run.blob &&
                                                               ranges[i].offset == run.offset + run.length));
             ++i)
            run.length += ranges[i].length;
        const auto out = codec::MutableByteView(result.bytes).subspan(offset, run.length);
        if (check == Check::by_result && local_ != nullptr && local_->read(run, out)) {
            result.unchecked.push_back(run.blob.sha256);
            resources_.base_bytes().local += run.length;
        } else {
            read(run, out, Role::base);
        }
        offset += run.length;
    }
    return result;
}

// A blob of one frame is read as a whole, unless it is here.
std::shared_ptr<const OpenBlob> BlobReader::open(const BlobRange& range) {
    const bool at_once = range.offset == 0 && range.length <= codec::frame_size &&
                         !(local_ != nullptr && local_->find(range.blob.sha256));
    return store_.open_blob(range.blob, at_once ? range.length : 0);
}

void BlobReader::read_once(const BlobRange& range, codec::MutableByteView out, Role role) {
    const auto blob = open(range);
    const std::uint64_t raw_length = blob->header.raw_length();
    if (range.offset > raw_length || range.length > raw_length - range.offset)
        throw DamagedError(blob_key_text(range.blob) + " in " + store_.describe() + " has " +
                           std::to_string(raw_length) +
                           " bytes, and an object that is built from it asks for more");
    const auto [begin, end] = blob->index.overlapping(range.offset, range.length);
    for (std::size_t first = begin; first < end;) {
        std::size_t last = first;
        for (std::size_t size = 0; last < end; ++last) {
            size += blob->index[last].raw_length;
            if (size > window_size && last > first) break;
        }
        if (!read_local(*blob, first, last, range.offset, out, role))
            read_window(*blob, first, last, range.offset, out, role);
        first = last;
    }
}

// Takes the frames [first, last) from a file of this machine, if they are there and match their checksums.
bool BlobReader::read_local(const OpenBlob& blob, std::size_t first, std::size_t last, std::uint64_t offset,
                            codec::MutableByteView out, Role role) {
    if (local_ == nullptr || !local_->find(blob.key.sha256)) return false;
    const std::uint64_t begin = blob.index[first].raw_offset;
    const std::uint64_t end = blob.index[last - 1].raw_offset + blob.index[last - 1].raw_length;
    const std::uint64_t from = std::max(offset, begin);
    const std::uint64_t to = std::min(offset + out.size(), end);
    const bool whole = to - from == end - begin;
    const codec::Buffer partial(whole ? 0 : end - begin);
    const codec::MutableByteView bytes = whole ? out.subspan(from - offset, end - begin) : partial;
    if (!local_->read({blob.key, begin, end - begin}, bytes)) return false;
    for (std::size_t i = first; i < last; ++i) {
        const FramePlace& place = blob.index[i];
        const auto frame = bytes.subspan(place.raw_offset - begin, place.raw_length);
        if (codec::checksum(frame) == blob.header.frames[i].checksum) continue;
        local_->forget(blob.key.sha256);
        return false;
    }
    if (role == Role::base) resources_.base_bytes().local += to - from;
    if (!whole) std::ranges::copy(bytes.subspan(from - begin, to - from), out.subspan(from - offset).begin());
    return true;
}

// Decodes the frames [first, last) into `out`, whose first byte is byte `offset` of the blob.
void BlobReader::read_window(const OpenBlob& blob, std::size_t first, std::size_t last, std::uint64_t offset,
                             codec::MutableByteView out, Role role) {
    std::vector<BlobRange> bases(last - first);
    for (std::size_t i = first; i < last; ++i)
        if (uses_base(blob.header.frames[i].method))
            bases[i - first] = base_of_frame(blob.header.members[blob.index[i].member], blob.index[i]);
    Bases base = read(bases, Check::by_result);
    const std::uint64_t begin = blob.index[first].stored_offset;
    const std::uint64_t end = blob.index[last - 1].stored_offset + blob.index[last - 1].stored_length;
    const StoredBytes stored = [&] {
        const auto fetching = resources_.clock().span(Stage::fetch);
        return store_.read_stored(blob, begin, end - begin, role == Role::base);
    }();
    if (role == Role::base) {
        const std::uint64_t raw_end = blob.index[last - 1].raw_offset + blob.index[last - 1].raw_length;
        (stored.cached ? resources_.base_bytes().local : resources_.base_bytes().fetched) +=
            raw_end - blob.index[first].raw_offset;
    }
    try {
        decode_window(blob, first, last, stored.bytes, base, offset, out);
    } catch (const DamagedError&) {
        if (base.unchecked.empty()) throw;
        for (const codec::Digest& changed : base.unchecked) local_->forget(changed);
        base = read(bases, Check::by_checksum);
        decode_window(blob, first, last, stored.bytes, base, offset, out);
    }
}

void BlobReader::decode_window(const OpenBlob& blob, std::size_t first, std::size_t last,
                               codec::ByteView stored, const Ranges& base, std::uint64_t offset,
                               codec::MutableByteView out) {
    const auto coder = resources_.coder();
    const auto decoding = resources_.clock().span(Stage::code);
    const std::uint64_t stored_begin = blob.index[first].stored_offset;
    codec::Bytes partial;
    for (std::size_t i = first; i < last; ++i) {
        const FramePlace& place = blob.index[i];
        const codec::FrameEntry& frame = blob.header.frames[i];
        const codec::ByteView bytes = stored.subspan(place.stored_offset - stored_begin, place.stored_length);
        const std::uint64_t begin = std::max(offset, place.raw_offset);
        const std::uint64_t end = std::min(offset + out.size(), place.raw_offset + place.raw_length);
        const codec::MutableByteView wanted = out.subspan(begin - offset, end - begin);
        const bool whole = wanted.size() == place.raw_length;
        if (!whole) partial.resize(place.raw_length);
        try {
            (*coder).decode(frame.method, bytes, base.views[i - first],
                            blob.header.members[place.member].dtype, frame.checksum,
                            whole ? wanted : codec::MutableByteView(partial));
        } catch (const codec::CorruptError& error) {
            throw DamagedError(blob_key_text(blob.key) + " in " + store_.describe() +
                               " is damaged in frame " + std::to_string(i) + ": " + error.what());
        }
        if (!whole)
            std::ranges::copy(codec::ByteView(partial).subspan(begin - place.raw_offset, wanted.size()),
                              wanted.begin());
    }
}

std::uint64_t BlobReader::stored_cost(const BlobRange& range) {
    const auto blob = store_.open_blob(range.blob);
    const auto [first, last] = blob->index.overlapping(range.offset, range.length);
    std::uint64_t cost = 0;
    for (std::size_t i = first; i < last; ++i) {
        const FramePlace& place = blob->index[i];
        cost += place.stored_length;
        if (!uses_base(blob->header.frames[i].method)) continue;
        cost += stored_cost(base_of_frame(blob->header.members[place.member], place));
    }
    return cost;
}

}  // namespace bitx::agent
