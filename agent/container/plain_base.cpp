#include "agent/container/plain_base.hpp"

#include <algorithm>

#include "agent/error.hpp"
#include "agent/store/store.hpp"

namespace bitx::agent {
namespace {

constexpr std::size_t piece_size = 1 << 20;

}  // namespace

PlainBase::PlainBase(const std::filesystem::path& path)
    : file_(path, File::Mode::read), version_(file_.version()), model_(std::make_shared<BaseModel>()) {
    const FileLayout layout = read_layout(file_);
    if (layout.format == codec::FileFormat::opaque)
        throw Error(path.string() + " cannot be a base: it is not safetensors (" + layout.why_opaque + ")");
    std::vector<std::pair<std::uint64_t, codec::Segment>> segments;
    for (const Unit& unit : layout.units) {
        const codec::BlobKey key = unit.is_inline() ? codec::BlobKey{} : add(unit, layout.tensors);
        for (const Part& part : unit.parts) {
            if (unit.is_inline())
                segments.emplace_back(part.file_offset, codec::Bytes(part.length));
            else
                segments.emplace_back(part.file_offset, codec::BlobRange{key, part.unit_offset, part.length});
        }
    }
    std::ranges::sort(segments, {}, [](const auto& segment) { return segment.first; });
    codec::Recipe recipe{
        .oid = {}, .size = file_.size(), .segments = {}, .format = layout.format, .tensors = layout.tensors};
    for (auto& [offset, segment] : segments) recipe.segments.push_back(std::move(segment));
    model_->add(path.filename().string(), recipe, path.filename().string());
}

codec::BlobKey PlainBase::add(const Unit& unit, const std::vector<codec::Tensor>& tensors) {
    Object object{.header = {}, .parts = unit.parts, .length = unit.length};
    codec::BlobHeader header;
    codec::Sha256 hash;
    codec::Bytes frame;
    for (const Part& part : unit.parts) {
        codec::Member member{.length = part.length};
        if (part.tensor >= 0) member.dtype = tensors[static_cast<std::size_t>(part.tensor)].dtype;
        for (std::uint64_t done = 0; done < part.length; done += frame.size()) {
            frame.resize(std::min<std::uint64_t>(codec::frame_size, part.length - done));
            file_.read(part.file_offset + done, frame);
            hash.update(frame);
            header.frames.push_back(
                {codec::Method::raw, static_cast<std::uint32_t>(frame.size()), codec::checksum(frame)});
        }
        header.members.push_back(member);
    }
    header.sha256 = hash.finish();
    object.header = codec::write_blob_header(header);
    objects_.insert_or_assign(blob_key_text(header.key()), std::move(object));
    return header.key();
}

std::optional<std::uint64_t> PlainBase::size(std::string_view key) const {
    const auto found = objects_.find(key);
    if (found == objects_.end()) return std::nullopt;
    return found->second.header.size() + found->second.length;
}

void PlainBase::read(std::string_view key, remote::ByteRange range, const remote::Sink& sink) const {
    const Object& object = objects_.find(key)->second;
    const std::uint64_t size = object.header.size() + object.length;
    std::uint64_t offset = std::min(range.offset, size);
    const std::uint64_t end = offset + std::min(range.length, size - offset);
    if (offset < object.header.size()) {
        const std::uint64_t run = std::min<std::uint64_t>(end, object.header.size()) - offset;
        sink(codec::ByteView(object.header).subspan(offset, run));
        offset += run;
    }
    codec::Bytes piece;
    for (const Part& part : object.parts) {
        const std::uint64_t begin = object.header.size() + part.unit_offset;
        while (offset < end && offset >= begin && offset - begin < part.length) {
            piece.resize(std::min<std::uint64_t>({end - offset, part.length - (offset - begin), piece_size}));
            file_.read(part.file_offset + (offset - begin), piece);
            sink(piece);
            offset += piece.size();
        }
    }
}

}  // namespace bitx::agent
