#include "codec/object/recipe.hpp"

#include "codec/frame/zstd.hpp"
#include "tests/fuzz/target.hpp"

namespace bitx::fuzz {
namespace {

using namespace codec;

void check(ByteView stored) {
    Recipe recipe;
    try {
        recipe = read_recipe(stored);
    } catch (const Error&) {
        return;
    }
    require(read_recipe(write_recipe(recipe)) == recipe,
            "a recipe that is read can be written, and is the same");
    std::uint64_t size = 0;
    for (const Segment& segment : recipe.segments) size += length(segment);
    require(size == recipe.size, "segments add up to the file");
    for (const Tensor& tensor : recipe.tensors)
        require(tensor.offset + tensor.length <= recipe.size, "tensors lie in the file");
}

Bytes sealed(ByteWriter writer) {
    writer.integer(checksum(writer.view()));
    return std::move(writer).finish();
}

}  // namespace

void recipe(ByteView input) {
    ByteWriter same;
    same.append(input);
    check(sealed(std::move(same)));

    if (input.size() < 8) return;
    Cursor cursor(input);
    const auto file_size = cursor.integer<std::uint64_t>();
    const ByteView body = cursor.take(cursor.left());
    ByteWriter writer;
    writer.append(as_bytes("BITXreci"));
    writer.integer(std::uint16_t{1});
    writer.integer(std::uint16_t{0});
    writer.integer(std::uint8_t{1});
    writer.append(Digest{}.bytes);
    writer.integer(file_size);
    writer.integer(std::uint64_t{body.size()});
    Bytes compressed;
    Zstd().compress(body, compressed);
    writer.append(compressed);
    check(sealed(std::move(writer)));
}

}  // namespace bitx::fuzz
