#include "codec/format/safetensors.hpp"

#include "codec/object/recipe.hpp"
#include "tests/fuzz/target.hpp"

namespace bitx::fuzz {
namespace {

using namespace codec;

void check(ByteView header, std::uint64_t file_size) {
    std::vector<Tensor> tensors;
    try {
        tensors = parse_safetensors(header, file_size);
    } catch (const NotSafetensors& error) {
        for (const char c : std::string_view(error.what()))
            require(c >= ' ' && c <= '~', "a message is one line of ASCII");
        return;
    }
    std::uint64_t end = safetensors_prefix_size + header.size();
    for (const Tensor& tensor : tensors) {
        require(tensor.offset == end, "tensors follow each other without gaps");
        require(tensor.length % width(tensor.dtype) == 0, "a tensor holds whole elements");
        end += tensor.length;
    }
    require(end == file_size, "tensors reach to the file's end");

    Recipe recipe{.size = file_size, .format = FileFormat::safetensors, .tensors = tensors};
    recipe.segments.emplace_back(BlobRange{.length = file_size});
    require(read_recipe(write_recipe(recipe)) == recipe, "what is read as tensors can be stored in a recipe");
}

}  // namespace

void safetensors(ByteView input) {
    try {
        const std::uint64_t length = safetensors_header_length(input, input.size());
        check(input.subspan(safetensors_prefix_size, length), input.size());
    } catch (const NotSafetensors&) {
    }
    if (input.size() < 2) return;
    Cursor cursor(input);
    const auto data_size = cursor.integer<std::uint16_t>();
    const ByteView header = cursor.take(cursor.left());
    check(header, safetensors_prefix_size + header.size() + data_size);
}

}  // namespace bitx::fuzz
