#include "agent/pull/file_pull.hpp"

#include <algorithm>
#include <mutex>

#include "agent/error.hpp"

namespace bitx::agent {
namespace {

constexpr std::size_t block_size = 1 << 20;

}  // namespace

void Pull::FilePull::check_stop() const {
    if (pull_.stop_.stop_requested()) throw StoppedError("stopped");
}

// What is built twice, since a local file had changed, is counted once at the end.
void Pull::FilePull::count(std::uint64_t bytes) {
    progress_(std::min(size_, done_ += bytes));
}

void Pull::FilePull::take_over() {
    const std::vector<PartialFile::Part>& parts = partial_.parts();
    std::mutex mutex;
    pull_.resources_.pool().parallel_for(parts.size(), [&](std::size_t i) {
        check_stop();
        const auto share = pull_.resources_.window_memory(parts[i].length);
        if (!partial_.holds(parts[i])) return;
        const std::lock_guard lock(mutex);
        taken_over_.add(parts[i].offset, parts[i].length);
    });
}

bool Pull::FilePull::is_done(const std::vector<Piece>& pieces) const {
    return std::ranges::all_of(
        pieces, [&](const Piece& piece) { return taken_over_.contains(piece.file_offset, piece.length); });
}

void Pull::FilePull::build(const codec::Recipe& recipe) {
    take_over();
    std::uint64_t offset = 0;
    for (const codec::Segment& segment : recipe.segments) {
        if (const auto* literal = std::get_if<codec::Bytes>(&segment)) {
            partial_.write(offset, *literal);
            count(literal->size());
        }
        offset += codec::length(segment);
    }

    // A blob that is here is one task, another one for each window.
    struct Task {
        const BlobUse* whole = nullptr;
        WindowUse window;
    };
    const std::vector<BlobUse> blobs = blobs_of(recipe);
    std::vector<Task> tasks;
    for (const BlobUse& use : blobs) {
        if (pull_.local_ != nullptr && pull_.local_->blobs().find(use.blob.sha256))
            tasks.push_back({.whole = &use});
        else
            for (WindowUse& window : windows_of(use)) tasks.push_back({.window = std::move(window)});
    }
    pull_.resources_.pool().parallel_for(tasks.size(), [&](std::size_t i) {
        const Task& task = tasks[i];
        if (task.whole == nullptr) return fetch(task.window);
        if (copy_blob(*task.whole)) return;
        for (const WindowUse& window : windows_of(*task.whole)) fetch(window);
    });
}

void Pull::FilePull::fetch(const WindowUse& window) {
    check_stop();
    if (is_done(window.pieces)) {
        for (const Piece& piece : window.pieces) count(piece.length);
        return;
    }
    const auto share = pull_.resources_.window_memory(BlobReader::memory_for(window.range.blob));
    const codec::Buffer bytes(window.range.length);
    pull_.reader_.read(window.range, bytes);
    count_means(window);
    const auto writing = pull_.resources_.clock().span(Stage::write);
    for (const Piece& piece : window.pieces) {
        partial_.write(piece.file_offset,
                       codec::ByteView(bytes).subspan(piece.blob_offset - window.range.offset, piece.length));
        count(piece.length);
    }
}

void Pull::FilePull::count_means(const WindowUse& window) {
    const auto blob = pull_.store_.open_blob(window.range.blob);
    const auto [first, last] = blob->index.overlapping(window.range.offset, window.range.length);
    for (std::size_t i = first; i < last; ++i)
        pull_.resources_.means().add(means_of(blob->header.frames[i].method), blob->index[i].raw_length,
                                     blob->index[i].stored_length);
}

// Writes while it hashes: where the digest is another, what was written is written over.
bool Pull::FilePull::copy_blob(const BlobUse& use) {
    LocalBlobs& local = pull_.local_->blobs();
    const std::optional<LocalBlobs::Place> place = local.find(use.blob.sha256);
    if (!place) return false;
    const std::uint64_t length = place->runs.back().blob_offset + place->runs.back().length;
    const auto share = pull_.resources_.window_memory(block_size);
    codec::Sha256 hash;
    codec::Bytes block;
    auto piece = use.pieces.begin();
    for (std::uint64_t offset = 0; offset < length; offset += block.size()) {
        check_stop();
        block.resize(std::min<std::uint64_t>(block_size, length - offset));
        if (!local.read({use.blob, offset, block.size()}, block)) return false;
        {
            const auto core = pull_.resources_.coder();
            const auto hashing = pull_.resources_.clock().span(Stage::hash);
            hash.update(block);
        }
        const auto writing = pull_.resources_.clock().span(Stage::write);
        const std::uint64_t end = offset + block.size();
        while (piece != use.pieces.end() && piece->blob_offset + piece->length <= offset) ++piece;
        for (auto next = piece; next != use.pieces.end() && next->blob_offset < end; ++next) {
            const std::uint64_t from = std::max(offset, next->blob_offset);
            const std::uint64_t to = std::min(end, next->blob_offset + next->length);
            if (from >= to) continue;
            partial_.write_unchecked(next->file_offset + (from - next->blob_offset),
                                     codec::ByteView(block).subspan(from - offset, to - from));
            count(to - from);
        }
    }
    const bool covered = use.pieces.back().blob_offset + use.pieces.back().length <= length;
    if (hash.finish() == use.blob.sha256 && covered) {
        pull_.resources_.means().add(Means::local, length);
        return true;
    }
    local.forget(use.blob.sha256);
    return false;
}

bool Pull::FilePull::copy(const std::filesystem::path& path, const codec::Digest& oid) {
    const File source(path, File::Mode::read);
    if (source.size() != size_) return false;
    const bool cloned = partial_.clone_unchecked(source);
    codec::Sha256 hash;
    codec::Bytes block;
    for (std::uint64_t offset = 0; offset < size_; offset += block.size()) {
        check_stop();
        block.resize(std::min<std::uint64_t>(block_size, size_ - offset));
        if (cloned) {
            partial_.read(offset, block);
        } else {
            source.read(offset, block);
            const auto writing = pull_.resources_.clock().span(Stage::write);
            partial_.write_unchecked(offset, block);
        }
        const auto hashing = pull_.resources_.clock().span(Stage::hash);
        hash.update(block);
        count(block.size());
    }
    if (hash.finish() != oid) return false;
    pull_.resources_.means().add(Means::local, size_);
    return true;
}

}  // namespace bitx::agent
