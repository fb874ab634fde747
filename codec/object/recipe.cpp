#include "codec/object/recipe.hpp"

#include <algorithm>
#include <map>

#include "codec/frame/zstd.hpp"
#include "codec/object/stored_key.hpp"

namespace bitx::codec {
namespace {

constexpr std::string_view magic = "BITXreci";
constexpr std::uint16_t version = 1;
constexpr std::uint64_t body_limit = 256 << 20;
constexpr std::size_t segment_limit = 1 << 22;
constexpr std::uint64_t size_limit = std::uint64_t{1} << 50;
constexpr std::size_t key_size = 34;
constexpr std::size_t least_segment_size = 3;
constexpr std::size_t least_tensor_size = 5;

void write_segments(ByteWriter& body, const Recipe& recipe) {
    std::map<BlobKey, std::uint64_t> numbers;
    std::vector<BlobKey> blobs;  // in the order of their first use
    for (const Segment& segment : recipe.segments)
        if (const auto* range = std::get_if<BlobRange>(&segment))
            if (numbers.emplace(range->blob, blobs.size() + 1).second) blobs.push_back(range->blob);
    body.varint(blobs.size());
    for (const BlobKey& blob : blobs) write_key(body, blob);
    body.varint(recipe.segments.size());
    for (const Segment& segment : recipe.segments) {
        if (const auto* literal = std::get_if<Bytes>(&segment)) {
            body.varint(0);
            body.varint(literal->size());
            body.append(*literal);
        } else {
            const auto& range = std::get<BlobRange>(segment);
            body.varint(numbers.at(range.blob));
            body.varint(range.offset);
            body.varint(range.length);
        }
    }
}

void write_tensors(ByteWriter& body, const Recipe& recipe) {
    body.integer(static_cast<std::uint8_t>(recipe.format));
    body.varint(recipe.tensors.size());
    for (const Tensor& tensor : recipe.tensors) {
        body.varint(tensor.name.size());
        body.append(as_bytes(tensor.name));
        body.integer(static_cast<std::uint8_t>(tensor.dtype));
        body.varint(tensor.shape.size());
        for (const std::uint64_t dimension : tensor.shape) body.varint(dimension);
        body.varint(tensor.offset);
        body.varint(tensor.length);
    }
}

void read_segments(Cursor& body, Recipe& recipe) {
    std::vector<BlobKey> blobs(body.varint_up_to(body.left() / key_size, "the number of blobs"));
    for (BlobKey& blob : blobs) blob = read_key(body);
    recipe.segments.resize(body.varint_up_to(std::min(segment_limit, body.left() / least_segment_size),
                                             "the number of segments"));
    std::uint64_t total = 0;
    for (Segment& segment : recipe.segments) {
        if (const std::uint64_t number = body.varint_up_to(blobs.size(), "a blob's number"); number == 0) {
            const ByteView literal = body.take(body.varint_up_to(inline_literal_limit, "a literal's length"));
            segment = Bytes(literal.begin(), literal.end());
        } else {
            BlobRange range{.blob = blobs[number - 1]};
            range.offset = body.varint_up_to(size_limit, "a segment's offset");
            range.length = body.varint_up_to(size_limit, "a segment's length");
            segment = range;
        }
        if (length(segment) == 0) throw CorruptError("a segment is empty");
        total += length(segment);
        if (total > recipe.size) break;  // so that the sum cannot overflow
    }
    if (total != recipe.size) throw CorruptError("its segments do not add up to the file's size");
}

void read_tensors(Cursor& body, Recipe& recipe) {
    recipe.format = static_cast<FileFormat>(body.integer<std::uint8_t>());
    recipe.tensors.resize(body.varint_up_to(std::min(tensor_count_limit, body.left() / least_tensor_size),
                                            "the number of tensors"));
    std::size_t dimensions = 0;
    for (Tensor& tensor : recipe.tensors) {
        tensor.name = as_text(body.take(body.varint_up_to(tensor_name_limit, "a tensor name's length")));
        const auto dtype = body.integer<std::uint8_t>();
        if (dtype >= dtype_count) throw UnsupportedError("it has a dtype that this version does not know");
        tensor.dtype = static_cast<Dtype>(dtype);
        tensor.shape.resize(body.varint_up_to(tensor_rank_limit, "a tensor's rank"));
        dimensions += tensor.shape.size();
        if (dimensions > dimension_limit) throw CorruptError("its shapes are beyond their limit");
        for (std::uint64_t& dimension : tensor.shape) dimension = body.varint();
        tensor.offset = body.varint_up_to(recipe.size, "a tensor's offset");
        tensor.length = body.varint_up_to(recipe.size - tensor.offset, "a tensor's length");
    }
}

}  // namespace

std::uint64_t length(const Segment& segment) {
    if (const auto* literal = std::get_if<Bytes>(&segment)) return literal->size();
    return std::get<BlobRange>(segment).length;
}

std::string_view name(FileFormat format) {
    return format == FileFormat::safetensors ? "safetensors" : "opaque";
}

Bytes write_recipe(const Recipe& recipe) {
    ByteWriter body;
    write_segments(body, recipe);
    write_tensors(body, recipe);
    ByteWriter writer;
    writer.append(as_bytes(magic));
    writer.integer(version);
    writer.integer(std::uint16_t{0});  // required features
    writer.integer(sha256_algorithm);
    writer.append(recipe.oid.bytes);
    writer.integer(recipe.size);
    writer.integer(static_cast<std::uint64_t>(body.size()));
    Bytes compressed;
    Zstd().compress(body.view(), compressed);
    writer.append(compressed);
    writer.integer(checksum(writer.view()));
    Bytes bytes = std::move(writer).finish();
    try {
        read_recipe(bytes);
    } catch (const Error& error) {
        throw Error(std::string("the recipe could not be read again: ") + error.what());
    }
    return bytes;
}

Recipe read_recipe(ByteView bytes) {
    if (bytes.size() > recipe_limit) throw CorruptError("it is beyond its limit");
    Cursor cursor(bytes);
    if (bytes.size() < magic.size() || as_text(cursor.take(magic.size())) != magic)
        throw CorruptError("it is not a recipe");
    if (cursor.integer<std::uint16_t>() != version)
        throw UnsupportedError("it is a recipe of a newer format");
    if (cursor.left() < sizeof(std::uint64_t)) throw CorruptError("it ends too early");
    Cursor last(bytes.last(sizeof(std::uint64_t)));
    if (last.integer<std::uint64_t>() != checksum(bytes.first(bytes.size() - sizeof(std::uint64_t))))
        throw CorruptError("it does not match its checksum");
    if (cursor.integer<std::uint16_t>() != 0)
        throw UnsupportedError("it needs a feature that this version does not know");
    check_algorithm(cursor.integer<std::uint8_t>());

    Recipe recipe;
    recipe.oid = read_digest(cursor);
    recipe.size = cursor.integer<std::uint64_t>();
    const auto body_size = cursor.integer<std::uint64_t>();
    if (recipe.size > size_limit || body_size > body_limit)
        throw CorruptError("its length is beyond its limit");
    if (cursor.left() < sizeof(std::uint64_t)) throw CorruptError("it ends too early");
    Bytes content(body_size);
    Zstd().decompress(cursor.take(cursor.left() - sizeof(std::uint64_t)), content);

    Cursor body(content);
    read_segments(body, recipe);
    read_tensors(body, recipe);
    body.expect_end();
    return recipe;
}

}  // namespace bitx::codec
