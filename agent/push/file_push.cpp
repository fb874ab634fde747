#include "agent/push/file_push.hpp"

#include <algorithm>
#include <map>

#include "agent/error.hpp"
#include "codec/hash.hpp"

namespace bitx::agent {
namespace {

// Tensors of fewer elements do not pay for distributions of their own (measured on cuts of real checkpoints).
constexpr std::uint64_t least_elements_alone = 12 << 10;

bool follows(const std::optional<codec::MemberBase>& base, const codec::Member& before) {
    if (!base || !before.base) return !base && !before.base;
    return base->blob == before.base->blob && before.base->length == before.length &&
           base->offset == before.base->offset + before.length;
}

// Short neighbours of one dtype whose bases are neighbours, too, are one member: they share its
// distributions.
bool join(codec::Member& before, const codec::Member& member) {
    if (before.dtype != member.dtype || !follows(member.base, before)) return false;
    if (before.row_length != member.row_length) before.row_length = 0;
    if (member.base) before.base->length += member.base->length;
    before.length += member.length;
    return true;
}

}  // namespace

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
    UnitReader reader(input_, layout_, push_.resources_, push_.settings_.memory, push_.stop_);
    {
        TaskGroup tasks(push_.resources_.pool());
        reader.read([&](std::shared_ptr<LoadedUnit> unit) { submit(tasks, std::move(unit)); },
                    [&] { return tasks.failed(); });
        tasks.wait();
    }
    if (const codec::Digest digest = reader.finish();
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

// Halves of bytes, since a byte is half done when it is coded, and done when it is stored.
void FilePush::count_done(std::uint64_t halves) {
    progress_((done_halves_ += halves) / 2);
}

void FilePush::submit(TaskGroup& tasks, std::shared_ptr<LoadedUnit> unit) {
    {
        const std::lock_guard lock(mutex_);
        if (layout_.format == codec::FileFormat::opaque) layout_.units.push_back(unit->plan);
        reports_.resize(layout_.units.size());
        literals_.resize(layout_.units.size());
    }
    if (unit->plan.is_inline()) {
        count_done(2 * unit->memory.size());
        const codec::ByteView literal = unit->memory;
        literals_[unit->index].assign(literal.begin(), literal.end());
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
    count_done(unit.plan.length + unit.count_coded(unit.plan.length));
    if (report.known) push_.resources_.means().add(Means::known, unit.plan.length);
    report.kind = unit.plan.kind;
    report.raw = unit.plan.length;
    if (unit.plan.kind == UnitKind::tensor)
        report.name = layout_.tensors[static_cast<std::size_t>(unit.plan.parts.front().tensor)].name;
    else if (unit.plan.kind == UnitKind::bundle)
        report.name = std::to_string(unit.plan.parts.size()) + " small tensors";
    const std::lock_guard lock(mutex_);
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
        unit.memory = {};
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
    std::vector<codec::Member> members;
    bool short_before = false;
    for (const Part& part : unit.plan.parts) {
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
        const bool is_short = part.length / width(member.dtype) < least_elements_alone;
        if (!is_short || !short_before || !join(members.back(), member)) members.push_back(member);
        short_before = is_short;
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
