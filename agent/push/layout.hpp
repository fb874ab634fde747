#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/file.hpp"
#include "codec/object/recipe.hpp"
#include "codec/tensor.hpp"

namespace bitx::agent {

/// A tensor of this many bytes or more is a blob of its own; smaller ones of a file are bundled.
inline constexpr std::uint64_t own_blob_size = 1 << 20;
/// A bundle is closed before it passes this size, in bytes, so that it can be held in memory.
inline constexpr std::uint64_t bundle_limit = 16 << 20;

enum class UnitKind { tensor, bundle, literal, chunk };

std::string_view name(UnitKind kind);

/// A run of a file inside a unit.
struct Part {
    std::uint64_t file_offset = 0;
    std::uint64_t length = 0;
    std::uint64_t unit_offset = 0;  ///< in the unit's bytes
    std::int64_t tensor = -1;       ///< its index in FileLayout::tensors; -1 for what is no tensor
};

/// What is stored as one blob, or inside the recipe if it is a short literal: parts of a file in file order.
struct Unit {
    UnitKind kind = UnitKind::chunk;
    std::vector<Part> parts;
    std::uint64_t length = 0;

    bool is_inline() const { return kind == UnitKind::literal && length <= codec::inline_literal_limit; }
};

/// A file taken apart by its format.
struct FileLayout {
    codec::FileFormat format = codec::FileFormat::opaque;
    std::string why_opaque;              ///< what kept it from being read as a model format
    std::vector<codec::Tensor> tensors;  ///< by offset
    std::vector<Unit> units;             ///< empty for an opaque file: its units are found while it is read
};

/// Reads a file's header. A file of no format that we know, malformed safetensors among them, is opaque.
FileLayout read_layout(const File& file);

/// The units of a file of `size` bytes with these tensors (by offset, without overlap). Containers rely on
/// this division of their base file (FORMAT.md, "Container").
std::vector<Unit> units_of(const std::vector<codec::Tensor>& tensors, std::uint64_t size);

}  // namespace bitx::agent
