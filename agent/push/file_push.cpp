#include "agent/push/file_push.hpp"

#include <algorithm>
#include <atomic>
#include <map>

#include "agent/error.hpp"
#include "codec/format/chunker.hpp"
#include "codec/hash.hpp"

namespace bitx::agent {
namespace {

constexpr std::size_t read_block = 8 << 20;

// Of a unit that is held in memory: raw bytes and coded bytes, and when the raw ones are done with, the coded
// ones twice while they are put together.
constexpr std::uint64_t memory_a_byte = 2;

}  // namespace

struct FilePush::LoadedUnit {
    LoadedUnit(ByteBudget& budget, std::uint64_t held) : share(budget, held) {}

    ByteBudget::Share share;
    std::size_t index = 0;
    std::uint64_t length = 0;
    bool streamed = false;  ///< too large for memory: only hashed, to be read again
    codec::Bytes memory;
    UnitBytes bytes;
    codec::Sha256 hash;  ///< of a streamed unit
    std::atomic<std::uint64_t> coded = 0;

    // Of `bytes` more that were coded, those that were not coded before, against another base.
    std::uint64_t count_coded(std::uint64_t more) {
        const std::uint64_t before = coded.fetch_add(more);
        return std::min(before + more, length) - std::min(before, length);
    }
};

FilePush::FilePush(Push& push, const PushedFile& file, const FileBases& bases, const Progress& progress)
    : push_(push),
      file_(file),
      bases_(bases),
      progress_(progress),
      clock_(push.resources_.clock()),
      input_(file.path, File::Mode::read),
      input_version_(input_.version()),
      encoder_(push.reader_, push.resources_, push.stop_) {
    if (input_.size() != file.size)
        throw Error(file.path.string() + " has " + std::to_string(input_.size()) +
                    " bytes, and git-lfs asks for " + std::to_string(file.size) +
                    ": it is damaged; restore it before you push");
    layout_ = read_layout(input_);
}

FileReport FilePush::run() {
    {
        TaskGroup tasks(push_.resources_.pool());
        if (layout_.format == codec::FileFormat::opaque)
            read_chunks(tasks);
        else
            read_units(tasks);
        tasks.wait();
    }
    if (const codec::Digest digest = hash_.finish();
        digest != file_.oid || input_.version() != input_version_)
        throw Error(file_.path.string() + " is not what was added: its SHA-256 is " + digest.hex() +
                    " and should be " + file_.oid.hex() +
                    "; restore it (git lfs fsck names such files) before you push");
    const codec::Recipe recipe = make_recipe();
    settle();
    FileReport report{
        .oid = file_.oid, .raw = file_.size, .format = layout_.format, .why_opaque = layout_.why_opaque};
    report.recipe = push_.store_.put_recipe(recipe);
    report.units = std::move(reports_);
    return report;
}

// Bytes of the file, in order: what is hashed here is what is stored.
void FilePush::advance(codec::ByteView bytes) {
    if (push_.stop_.stop_requested()) throw StoppedError("stopped");
    const auto hashing = clock_.span(Stage::hash);
    hash_.update(bytes);
    position_ += bytes.size();
}

void FilePush::read_input(std::uint64_t offset, codec::MutableByteView out) {
    const auto reading = clock_.span(Stage::read);
    input_.read(offset, out);
}

// Halves of bytes, since a byte is half done when it is coded, and done when it is stored.
void FilePush::count_done(std::uint64_t halves) {
    progress_((done_halves_ += halves) / 2);
}

void FilePush::read_units(TaskGroup& tasks) {
    struct Step {
        const Part* part;
        std::size_t unit;
    };
    std::vector<Step> steps;
    for (std::size_t unit = 0; unit < layout_.units.size(); ++unit)
        for (const Part& part : layout_.units[unit].parts) steps.push_back({&part, unit});
    std::ranges::sort(steps, {}, [](const Step& step) { return step.part->file_offset; });

    reports_.resize(layout_.units.size());
    literals_.resize(layout_.units.size());
    std::vector<std::shared_ptr<LoadedUnit>> loading(layout_.units.size());
    for (const Step& step : steps) {
        if (tasks.failed()) return;
        std::shared_ptr<LoadedUnit>& unit = loading[step.unit];
        if (!unit) unit = begin_unit(step.unit);
        load_part(*unit, *step.part);
        if (step.part == &layout_.units[step.unit].parts.back()) submit(tasks, std::move(unit));
    }
}

void FilePush::read_chunks(TaskGroup& tasks) {
    codec::Bytes ahead;
    std::uint64_t read = 0;
    while (position_ < file_.size && !tasks.failed()) {
        const std::size_t had = ahead.size();
        ahead.resize(std::min<std::uint64_t>(codec::Chunker::max_size, file_.size - position_));
        read_input(read, codec::MutableByteView(ahead).subspan(had));
        read += ahead.size() - had;
        const std::size_t length = codec::Chunker::first_chunk(ahead);
        {
            const std::lock_guard lock(mutex_);
            reports_.emplace_back();
            literals_.emplace_back();
            layout_.units.push_back({.kind = UnitKind::chunk,
                                     .parts = {{.file_offset = position_, .length = length}},
                                     .length = length});
        }
        auto unit = load(memory_a_byte * length);
        unit->index = layout_.units.size() - 1;
        unit->length = length;
        unit->memory.assign(ahead.begin(), ahead.begin() + static_cast<std::ptrdiff_t>(length));
        unit->bytes.memory = unit->memory;
        ahead.erase(ahead.begin(), ahead.begin() + static_cast<std::ptrdiff_t>(length));
        advance(unit->memory);
        submit(tasks, std::move(unit));
    }
}

std::shared_ptr<FilePush::LoadedUnit> FilePush::load(std::uint64_t held) {
    const auto waiting = clock_.span(Stage::await_memory);
    return std::make_shared<LoadedUnit>(push_.resources_.unit_memory(), held);
}

std::shared_ptr<FilePush::LoadedUnit> FilePush::begin_unit(std::size_t index) {
    const Unit& unit = layout_.units[index];
    const bool streamed = memory_a_byte * unit.length > push_.settings_.memory / 4 && unit.parts.size() == 1;
    // Of a streamed unit, encode() holds the windows that wait for their turn.
    const std::uint64_t held =
        streamed ? push_.resources_.windows_ahead() * window_size : memory_a_byte * unit.length;
    auto loaded = load(held);
    loaded->index = index;
    loaded->length = unit.length;
    loaded->streamed = streamed;
    if (streamed) {
        loaded->bytes.file = &input_;
        loaded->bytes.file_offset = unit.parts.front().file_offset;
    } else {
        loaded->memory.resize(unit.length);
        loaded->bytes.memory = loaded->memory;
    }
    return loaded;
}

void FilePush::load_part(LoadedUnit& unit, const Part& part) {
    codec::Bytes block(unit.streamed ? codec::frame_size : 0);
    for (std::uint64_t done = 0; done < part.length;) {
        const std::size_t size =
            std::min<std::uint64_t>(part.length - done, unit.streamed ? block.size() : read_block);
        const codec::MutableByteView bytes = codec::MutableByteView(unit.streamed ? block : unit.memory)
                                                 .subspan(unit.streamed ? 0 : part.unit_offset + done, size);
        read_input(part.file_offset + done, bytes);
        advance(bytes);
        if (unit.streamed) {
            unit.hash.update(bytes);
            unit.bytes.frame_checksums.push_back(codec::checksum(bytes));
        }
        done += size;
    }
}

void FilePush::submit(TaskGroup& tasks, std::shared_ptr<LoadedUnit> unit) {
    if (layout_.units[unit->index].is_inline()) {
        count_done(2 * unit->memory.size());
        literals_[unit->index] = std::move(unit->memory);
        return;
    }
    tasks.run([this, unit = std::move(unit)] { store_unit(*unit); });
}

void FilePush::store_unit(LoadedUnit& unit) {
    const codec::Digest sha256 = unit.streamed ? unit.hash.finish() : [&] {
        const auto core = push_.resources_.coder();
        const auto hashing = clock_.span(Stage::hash);
        return codec::Sha256::of(unit.memory);
    }();
    UnitReport report;
    if (const std::optional<codec::BlobKey> known = push_.known_.find_or_claim(sha256)) {
        report.key = *known;
        report.known = true;
    } else {
        try {
            report.key = store_blob(unit, sha256, report);
        } catch (...) {
            push_.known_.abandon(sha256);
            throw;
        }
        push_.known_.add(report.key);
    }
    count_done(unit.length + unit.count_coded(unit.length));
    if (report.known) push_.resources_.means().add(Means::known, unit.length);
    const std::lock_guard lock(mutex_);
    const Unit& planned = layout_.units[unit.index];
    report.kind = planned.kind;
    report.raw = planned.length;
    if (planned.kind == UnitKind::tensor)
        report.name = layout_.tensors[static_cast<std::size_t>(planned.parts.front().tensor)].name;
    else if (planned.kind == UnitKind::bundle)
        report.name = std::to_string(planned.parts.size()) + " small tensors";
    reports_[unit.index] = std::move(report);
}

codec::BlobKey FilePush::store_blob(LoadedUnit& unit, const codec::Digest& sha256, UnitReport& report) {
    std::optional<codec::BlobKey> found;
    std::vector<codec::Member> members;
    push_.resources_.pool().parallel_for(2, [&](std::size_t i) {
        if (i == 0) {
            found = push_.store_.find_blob(sha256);
        } else {
            members = members_of(unit, report.bases);
            open_bases(members);
        }
    });
    if (found) {
        report.bases.clear();
        report.known = true;
        return *found;
    }
    for (;;) {
        std::optional<Spool> frames;
        if (unit.streamed)
            frames.emplace(push_.spool_directory_);
        else
            frames.emplace();
        const codec::BlobHeader header =
            encoder_.encode(unit.bytes, sha256, members, *frames,
                            [&](std::uint64_t bytes) { count_done(unit.count_coded(bytes)); });
        if (drop_costly_bases(header, members)) continue;
        if (header.depth() == 0) report.bases.clear();
        codec::Bytes head = codec::write_blob_header(header);
        report.stored = head.size() + header.frames_length();
        codec::Bytes().swap(unit.memory);
        const remote::Body body = frames->body(head);
        if (!unit.streamed) unit.share.shrink(2 * body.memory.size());
        {
            const auto storing = clock_.span(Stage::store);
            push_.store_.put_blob(header.key(), body);
        }
        count_means(header);
        return header.key();
    }
}

// Headers are asked for while the store is asked for the blob. What fails here fails again where it is
// needed.
void FilePush::open_bases(const std::vector<codec::Member>& members) {
    std::map<codec::BlobKey, codec::BlobRange> bases;
    for (const codec::Member& member : members) {
        if (!member.base) continue;
        const codec::BlobRange range{member.base->blob, member.base->offset, member.base->length};
        const auto [entry, added] = bases.try_emplace(range.blob, range);
        codec::BlobRange& all = entry->second;
        const std::uint64_t end = std::max(all.offset + all.length, range.offset + range.length);
        all.offset = std::min(all.offset, range.offset);
        all.length = end - all.offset;
    }
    for (const auto& [key, range] : bases) {
        try {
            push_.reader_.open(range);
        } catch (const std::exception&) {
            return;
        }
    }
}

void FilePush::count_means(const codec::BlobHeader& header) {
    const codec::FrameIndex index(header, 0);
    for (std::size_t i = 0; i < index.size(); ++i)
        push_.resources_.means().add(means_of(header.frames[i].method), index[i].raw_length,
                                     index[i].stored_length);
}

// Invariant I5: where pulling a member with its chain would cost more than the limit, it is coded on its own.
bool FilePush::drop_costly_bases(const codec::BlobHeader& header, std::vector<codec::Member>& members) {
    bool dropped = false;
    for (std::size_t frame = 0, i = 0; i < members.size(); ++i) {
        const codec::Member& coded = header.members[i];
        std::uint64_t cost =
            coded.base ? push_.reader_.stored_cost({coded.base->blob, coded.base->offset, coded.base->length})
                       : 0;
        for (std::uint64_t n = codec::frame_count(coded.length); n > 0; --n)
            cost += header.frames[frame++].stored_length;
        if (coded.base &&
            static_cast<double>(cost) > push_.settings_.cold_pull * static_cast<double>(coded.length)) {
            members[i].base.reset();
            dropped = true;
        }
    }
    return dropped;
}

std::vector<codec::Member> FilePush::members_of(const LoadedUnit& unit, std::vector<std::string>& sources) {
    // A copy: an opaque file's units are still being found while this runs.
    const Unit planned = [&] {
        const std::lock_guard lock(mutex_);
        return layout_.units[unit.index];
    }();
    std::vector<codec::Member> members;
    for (const Part& part : planned.parts) {
        codec::Member member{.length = part.length};
        if (part.tensor >= 0) {
            const codec::Tensor& tensor = layout_.tensors[static_cast<std::size_t>(part.tensor)];
            member.dtype = tensor.dtype;
            if (!tensor.shape.empty()) member.row_length = tensor.shape.back();
        }
        if (const std::optional<BaseCandidate> base = choose_base(unit, part, member)) {
            member.base = codec::MemberBase{base->range.blob, base->range.offset,
                                            std::min(base->range.length, part.length)};
            if (std::ranges::find(sources, base->source) == sources.end()) sources.push_back(base->source);
        }
        members.push_back(member);
    }
    return members;
}

std::optional<BaseCandidate> FilePush::choose_base(const LoadedUnit& unit, const Part& part,
                                                   const codec::Member& member) {
    std::vector<BaseCandidate> candidates;
    std::vector<codec::BlobRange> ranges;
    for (const auto& model : bases_.models) {
        std::optional<BaseCandidate> found;
        if (part.tensor >= 0)
            found = model->find(bases_.path, layout_.tensors[static_cast<std::size_t>(part.tensor)]);
        else if (layout_.format != codec::FileFormat::opaque && part.file_offset == 0)
            found = model->find_header(bases_.path);
        if (!found) continue;
        const std::optional<codec::BlobRange> range = within_depth(found->range);
        if (!range || std::ranges::find(ranges, *range) != ranges.end()) continue;
        found->range = *range;
        ranges.push_back(*range);
        candidates.push_back(*std::move(found));
    }
    if (candidates.empty()) return std::nullopt;
    if (candidates.size() == 1) return candidates.front();
    const std::uint64_t middle = part.length / 2 / codec::frame_size * codec::frame_size;
    codec::Bytes scratch;
    const codec::ByteView sample = unit.bytes.view(
        part.unit_offset + middle, std::min<std::uint64_t>(codec::frame_size, part.length - middle), scratch);
    return candidates[encoder_.best_base(sample, middle, member, ranges)];
}

// The range itself, or what it was coded against where it is too deep already to be a base.
std::optional<codec::BlobRange> FilePush::within_depth(codec::BlobRange range) {
    while (range.blob.depth >= codec::max_depth) {
        const auto blob = push_.store_.open_blob(range.blob);
        std::uint64_t begin = 0;
        auto member = blob->header.members.begin();
        while (member != blob->header.members.end() && begin + member->length <= range.offset)
            begin += (member++)->length;
        if (member == blob->header.members.end() || !member->base) return std::nullopt;
        const std::uint64_t skipped = range.offset - begin;
        if (skipped >= member->base->length) return std::nullopt;
        range = {member->base->blob, member->base->offset + skipped,
                 std::min(range.length, member->base->length - skipped)};
    }
    return range;
}

codec::Recipe FilePush::make_recipe() const {
    codec::Recipe recipe{
        .oid = file_.oid, .size = file_.size, .format = layout_.format, .tensors = layout_.tensors};
    std::vector<std::pair<std::uint64_t, codec::Segment>> segments;
    for (std::size_t i = 0; i < layout_.units.size(); ++i) {
        for (const Part& part : layout_.units[i].parts) {
            if (layout_.units[i].is_inline())
                segments.emplace_back(part.file_offset, literals_[i]);
            else
                segments.emplace_back(part.file_offset,
                                      codec::BlobRange{reports_[i].key, part.unit_offset, part.length});
        }
    }
    std::ranges::sort(segments, {}, [](const auto& segment) { return segment.first; });
    for (auto& [offset, segment] : segments) {
        auto* range = std::get_if<codec::BlobRange>(&segment);
        auto* last =
            recipe.segments.empty() ? nullptr : std::get_if<codec::BlobRange>(&recipe.segments.back());
        if (range != nullptr && last != nullptr && last->blob == range->blob &&
            last->offset + last->length == range->offset)
            last->length += range->length;
        else
            recipe.segments.push_back(std::move(segment));
    }
    return recipe;
}

// Invariant I2: whatever the recipe names is durable before the recipe is written, also what another writer
// left.
void FilePush::settle() {
    std::vector<codec::BlobKey> found;
    for (const UnitReport& report : reports_)
        if (report.known) found.push_back(report.key);
    std::ranges::sort(found);
    found.erase(std::unique(found.begin(), found.end()), found.end());
    push_.resources_.pool().parallel_for(found.size(),
                                         [&](std::size_t i) { push_.store_.settle_blob(found[i]); });
}

}  // namespace bitx::agent
