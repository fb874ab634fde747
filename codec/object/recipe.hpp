#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "codec/bytes.hpp"
#include "codec/hash.hpp"
#include "codec/object/blob.hpp"
#include "codec/tensor.hpp"

namespace bitx::codec {

/// The longest literal that a recipe holds itself, in bytes; a longer one is a blob.
inline constexpr std::size_t inline_literal_limit = 4096;

/// A run of a blob's raw bytes.
struct BlobRange {
    BlobKey blob;
    std::uint64_t offset = 0;
    std::uint64_t length = 0;

    bool operator==(const BlobRange&) const = default;
};

/// A part of a file: bytes given here, or a run of a blob.
using Segment = std::variant<Bytes, BlobRange>;

std::uint64_t length(const Segment& segment);

/// The format that a file was read as when it was stored. The numbers are stored: never renumber.
enum class FileFormat : std::uint8_t { opaque = 0, safetensors = 1 };

std::string_view name(FileFormat format);

/// How to rebuild one file: its segments in order (FORMAT.md, "Recipe"). Format and tensors are advisory:
/// rebuilding the file does not need them, finding a base for another file does.
struct Recipe {
    Digest oid;  ///< SHA-256 of the file
    std::uint64_t size = 0;
    std::vector<Segment> segments;
    FileFormat format = FileFormat::opaque;
    std::vector<Tensor> tensors;

    bool operator==(const Recipe&) const = default;
};

/// The stored form of a recipe. Throws Error for what read_recipe would refuse: a recipe that is stored and
/// cannot be read would be a file that is lost.
Bytes write_recipe(const Recipe& recipe);

/// The largest stored recipe that is read, in bytes: enough for a file of 1 TiB in chunks.
inline constexpr std::uint64_t recipe_limit = 128 << 20;

/// Reads a stored recipe and checks it whole: checksum, segments that add up to the file's size, tensors
/// inside the file. Throws CorruptError or UnsupportedError.
Recipe read_recipe(ByteView bytes);

}  // namespace bitx::codec
