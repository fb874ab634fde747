#include "agent/pull/pull.hpp"

#include <algorithm>
#include <atomic>
#include <map>

#include "agent/error.hpp"
#include "agent/in_order.hpp"
#include "agent/pull/partial_file.hpp"

namespace bitx::agent {
namespace {

// Parts of a blob nearer to each other than this are read together: less than what a request costs.
constexpr std::uint64_t largest_gap = 256 << 10;

struct Piece {
    std::uint64_t blob_offset = 0;
    std::uint64_t length = 0;
    std::uint64_t file_offset = 0;
};

// A range that lies at `file_offset` in its file, cut where windows of frames end.
std::vector<Piece> cut_at_windows(const codec::BlobRange& range, std::uint64_t file_offset) {
    std::vector<Piece> pieces;
    for (std::uint64_t done = 0; done < range.length;) {
        const std::uint64_t offset = range.offset + done;
        const std::uint64_t length = std::min(range.length - done, window_size - offset % window_size);
        pieces.push_back({offset, length, file_offset + done});
        done += length;
    }
    return pieces;
}

}  // namespace

// A run of a blob that is read at once, and where its parts go.
struct Pull::Task {
    codec::BlobRange range;
    std::vector<Piece> pieces;
};

Pull::Pull(Store& store, const Settings& settings, std::stop_token stop)
    : store_(store), stop_(std::move(stop)), resources_(settings), reader_(store, resources_) {}

std::vector<Pull::Task> Pull::tasks_of(const codec::Recipe& recipe) {
    std::map<codec::BlobKey, std::vector<Piece>> blobs;
    std::vector<codec::BlobKey> order;  // that of the file, so that it fills from the front
    std::uint64_t file_offset = 0;
    for (const codec::Segment& segment : recipe.segments) {
        if (const auto* range = std::get_if<codec::BlobRange>(&segment)) {
            std::vector<Piece>& pieces = blobs[range->blob];
            if (pieces.empty()) order.push_back(range->blob);
            for (const Piece& piece : cut_at_windows(*range, file_offset)) pieces.push_back(piece);
        }
        file_offset += codec::length(segment);
    }
    std::vector<Task> tasks;
    for (const codec::BlobKey& blob : order) {
        std::vector<Piece>& pieces = blobs[blob];
        std::ranges::sort(pieces, {}, &Piece::blob_offset);
        std::uint64_t end = 0;
        for (const Piece& piece : pieces) {
            const bool joins = !tasks.empty() && tasks.back().range.blob == blob &&
                               piece.blob_offset <= end + largest_gap &&
                               piece.blob_offset / window_size == tasks.back().range.offset / window_size;
            if (!joins) tasks.push_back({.range = {blob, piece.blob_offset, 0}});
            Task& task = tasks.back();
            end = std::max(joins ? end : 0, piece.blob_offset + piece.length);
            task.range.length = end - task.range.offset;
            task.pieces.push_back(piece);
        }
    }
    return tasks;
}

void Pull::read(const codec::Recipe& recipe, const Sink& sink) {
    std::uint64_t offset = 0;
    for (const codec::Segment& segment : recipe.segments) {
        if (const auto* literal = std::get_if<codec::Bytes>(&segment)) sink(offset, *literal);
        offset += codec::length(segment);
    }
    const std::vector<Task> tasks = tasks_of(recipe);
    resources_.pool().parallel_for(tasks.size(), [&](std::size_t i) {
        if (stop_.stop_requested()) throw StoppedError("stopped");
        const auto share = resources_.window_memory(BlobReader::memory_for(tasks[i].range.blob));
        codec::Bytes bytes(tasks[i].range.length);
        reader_.read(tasks[i].range, bytes);
        for (const Piece& piece : tasks[i].pieces)
            sink(piece.file_offset,
                 codec::ByteView(bytes).subspan(piece.blob_offset - tasks[i].range.offset, piece.length));
    });
}

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

std::filesystem::path Pull::pull(const codec::Digest& oid, std::uint64_t size,
                                 const std::filesystem::path& directory, const FileModes& modes,
                                 const Progress& progress) {
    const codec::Recipe recipe = store_.recipe(oid);
    if (recipe.size != size)
        throw Error("object " + oid.hex() + " has " + std::to_string(recipe.size) + " bytes in " +
                    store_.describe() + ", and the repository asks for " + std::to_string(size));
    PartialFile partial(directory, oid.hex(), modes);
    partial.file().resize(size);
    std::atomic<std::uint64_t> done = 0;
    read(recipe, [&](std::uint64_t offset, codec::ByteView bytes) {
        {
            const auto writing = resources_.clock().span(Stage::write);
            partial.file().write(offset, bytes);
        }
        progress(done += bytes.size());
    });
    return partial.complete();
}

}  // namespace bitx::agent
