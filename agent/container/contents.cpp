#include "agent/container/contents.hpp"

#include <algorithm>
#include <set>

#include "remote/layout.hpp"

namespace bitx::agent {
namespace {

// A frame that is only partly in the run, since short tensors share one, counts for its share.
void count(const OpenBlob& blob, std::uint64_t offset, std::uint64_t length, MethodUses& methods) {
    const auto [first, last] = blob.index.overlapping(offset, length);
    for (std::size_t i = first; i < last; ++i) {
        const codec::FramePlace& place = blob.index[i];
        const std::uint64_t begin = std::max(offset, place.raw_offset) - place.raw_offset;
        const std::uint64_t end =
            std::min<std::uint64_t>(offset + length - place.raw_offset, place.raw_length);
        MethodUse& use = methods[blob.header.frames[i].method];
        ++use.frames;
        use.raw += end - begin;
        use.stored +=
            place.stored_length * end / place.raw_length - place.stored_length * begin / place.raw_length;
    }
}

}  // namespace

std::uint64_t TensorUse::stored() const {
    std::uint64_t sum = 0;
    for (const auto& [method, use] : methods) sum += use.stored;
    return sum;
}

ContainerContents ContainerContents::of(Store& store, const codec::Recipe& recipe) {
    ContainerContents contents;
    std::set<std::string, std::less<>> own;
    store.engine().list(remote::blobs_prefix, [&](std::string_view key, std::uint64_t) { own.emplace(key); });
    for (const std::string& key : own) {
        const auto name = remote::parse_blob_key(key);
        if (!name) continue;
        const auto blob =
            store.open_blob({codec::Digest::from_hex(name->sha256), static_cast<std::uint8_t>(name->depth)});
        count(*blob, 0, blob->header.raw_length(), contents.methods);
    }
    // Tensors and segments are both in file order, so one walk finds all.
    std::set<std::pair<codec::BlobKey, std::uint64_t>> counted;
    auto tensor = recipe.tensors.begin();
    std::uint64_t begin = 0;
    for (const codec::Segment& segment : recipe.segments) {
        const std::uint64_t end = begin + codec::length(segment);
        const auto* range = std::get_if<codec::BlobRange>(&segment);
        const bool is_own = range != nullptr && own.contains(blob_key_text(range->blob));
        if (range != nullptr && !is_own) contents.in_base += range->length;
        for (; tensor != recipe.tensors.end() && tensor->offset < end; ++tensor) {
            TensorUse use{*tensor, {}, true};
            if (is_own && tensor->offset >= begin && tensor->length > 0) {
                const std::uint64_t offset = range->offset + (tensor->offset - begin);
                use.elsewhere = !counted.emplace(range->blob, offset).second;
                if (!use.elsewhere) count(*store.open_blob(range->blob), offset, tensor->length, use.methods);
            }
            contents.tensors.push_back(std::move(use));
        }
        begin = end;
    }
    return contents;
}

}  // namespace bitx::agent
