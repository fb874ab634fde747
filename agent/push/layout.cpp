#include "agent/push/layout.hpp"

#include <optional>

#include "codec/format/safetensors.hpp"

namespace bitx::agent {

std::string_view name(UnitKind kind) {
    switch (kind) {
        case UnitKind::tensor:
            return "tensor";
        case UnitKind::bundle:
            return "bundle";
        case UnitKind::literal:
            return "literal";
        case UnitKind::chunk:
            return "chunk";
    }
    return "";
}

std::vector<Unit> units_of(const std::vector<codec::Tensor>& tensors, std::uint64_t size) {
    std::vector<Unit> units;
    std::optional<std::size_t> bundle;
    const auto add = [&](UnitKind kind, Part part) {
        units.push_back({.kind = kind, .parts = {part}, .length = part.length});
    };
    std::uint64_t end = 0;
    for (std::size_t i = 0; i <= tensors.size(); ++i) {
        const std::uint64_t offset = i < tensors.size() ? tensors[i].offset : size;
        if (offset > end) add(UnitKind::literal, {.file_offset = end, .length = offset - end});
        if (i == tensors.size()) break;
        const std::uint64_t length = tensors[i].length;
        end = offset + length;
        if (length == 0) continue;
        Part part{.file_offset = offset, .length = length, .tensor = static_cast<std::int64_t>(i)};
        if (length >= own_blob_size) {
            add(UnitKind::tensor, part);
        } else if (bundle && units[*bundle].length + length <= bundle_limit) {
            part.unit_offset = units[*bundle].length;
            units[*bundle].parts.push_back(part);
            units[*bundle].length += length;
        } else {
            bundle = units.size();
            add(UnitKind::bundle, part);
        }
    }
    return units;
}

FileLayout read_layout(const File& file) {
    FileLayout layout;
    const std::uint64_t size = file.size();
    try {
        codec::Bytes prefix(std::min<std::uint64_t>(size, codec::safetensors_prefix_size));
        file.read(0, prefix);
        codec::Bytes header(codec::safetensors_header_length(prefix, size));
        file.read(prefix.size(), header);
        layout.tensors = codec::parse_safetensors(header, size);
        layout.units = units_of(layout.tensors, size);
        layout.format = codec::FileFormat::safetensors;
    } catch (const codec::NotSafetensors& error) {
        layout.why_opaque = error.what();
    }
    return layout;
}

}  // namespace bitx::agent
