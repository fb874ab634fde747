#include "agent/pull/pull.hpp"

#include "agent/concurrency/in_order.hpp"
#include "agent/error.hpp"
#include "agent/message.hpp"
#include "agent/pull/file_pull.hpp"

namespace bitx::agent {

Pull::Pull(Store& store, const Settings& settings, std::stop_token stop, LocalSources* local)
    : store_(store),
      stop_(std::move(stop)),
      local_(local),
      resources_(settings),
      reader_(store, resources_, local == nullptr ? nullptr : &local->blobs()) {}

void Pull::read_in_order(const codec::Recipe& recipe, const std::function<void(codec::ByteView)>& sink) {
    std::vector<codec::Segment> pieces;
    for (const codec::Segment& segment : recipe.segments) {
        if (const auto* range = std::get_if<codec::BlobRange>(&segment))
            for (const Piece& piece : cut_at_windows(*range, 0))
                pieces.emplace_back(codec::BlobRange{range->blob, piece.blob_offset, piece.length});
        else
            pieces.push_back(segment);
    }
    InOrder<codec::Bytes> in_order(pieces.size(), resources_.windows_ahead(), sink);
    resources_.pool().parallel_for(pieces.size(), [&](std::size_t i) {
        in_order.run(i, [&] {
            if (stop_.stop_requested()) throw StoppedError("stopped");
            const auto* range = std::get_if<codec::BlobRange>(&pieces[i]);
            if (range == nullptr) return std::get<codec::Bytes>(pieces[i]);
            const auto share = resources_.window_memory(BlobReader::memory_for(range->blob));
            codec::Bytes bytes(range->length);
            reader_.read(*range, bytes);
            return bytes;
        });
    });
}

std::unique_ptr<PartialFile> Pull::pull(const codec::Digest& oid, std::uint64_t size,
                                        const std::filesystem::path& directory, const FileModes& modes,
                                        const Progress& progress) {
    const auto busy = resources_.busy_clock().span();
    if (const auto found = local_ == nullptr ? std::nullopt : local_->find(oid, size)) {
        auto partial = std::make_unique<PartialFile>(directory, oid.hex(), size, modes);
        if (FilePull(*this, *partial, size, progress).copy(*found, oid)) return partial;
        note(found->string() + " has changed; " + oid.hex() + " is read from the store");
    }
    codec::Recipe recipe;
    resources_.pool().parallel_for(2, [&](std::size_t i) {
        if (i == 0)
            recipe = store_.recipe(oid);
        else if (local_ != nullptr)
            local_->gather(resources_.pool());
    });
    if (recipe.size != size)
        throw Error("object " + oid.hex() + " has " + std::to_string(recipe.size) + " bytes in " +
                    store_.describe() + ", and the repository asks for " + std::to_string(size));
    auto partial = std::make_unique<PartialFile>(directory, oid.hex(), size, modes);
    try {
        const auto same = local_ == nullptr ? std::nullopt : local_->add(recipe, resources_.pool());
        if (same && FilePull(*this, *partial, size, progress).copy(*same, oid)) return partial;
        FilePull(*this, *partial, size, progress).build(recipe);
    } catch (const StoppedError&) {  // what was cut off is gone on with
        throw;
    } catch (const remote::UnavailableError&) {
        throw;
    } catch (...) {
        partial->discard();
        throw;
    }
    return partial;
}

}  // namespace bitx::agent
