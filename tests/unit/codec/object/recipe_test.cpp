#include "codec/object/recipe.hpp"

#include <doctest/doctest.h>

using namespace bitx::codec;

namespace {

Recipe example() {
    Recipe recipe;
    recipe.oid = Sha256::of(as_bytes("file"));
    const ByteView literal = as_bytes("header");
    const BlobKey blob{Sha256::of(as_bytes("tensor")), 2};
    recipe.segments = {Bytes(literal.begin(), literal.end()), BlobRange{blob, 16, 4096},
                       BlobRange{blob, 0, 16}, BlobRange{{Sha256::of(as_bytes("other")), 0}, 0, 7}};
    recipe.size = 6 + 4096 + 16 + 7;
    recipe.format = FileFormat::safetensors;
    recipe.tensors = {{"layer.0.weight", Dtype::bf16, {64, 32}, 6, 4096},
                      {"scalar", Dtype::f64, {}, 4102, 8}};
    return recipe;
}

}  // namespace

TEST_CASE("a recipe comes back as it was written") {
    CHECK(read_recipe(write_recipe(example())) == example());
}

TEST_CASE("a recipe of an empty file has no segments") {
    const Recipe empty{.oid = Sha256::of({})};
    CHECK(read_recipe(write_recipe(empty)) == empty);
}

TEST_CASE("a recipe with any flipped bit, and one that ends early, is refused") {
    const Bytes good = write_recipe(example());
    for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
        Bytes bytes = good;
        bytes[bit / 8] ^= std::byte(1U << bit % 8);
        CHECK_THROWS_AS(read_recipe(bytes), Error);
    }
    for (std::size_t size = 0; size < good.size(); ++size)
        CHECK_THROWS_AS(read_recipe(ByteView(good).first(size)), CorruptError);
}

TEST_CASE("what could not be read again is not written") {
    const auto refusal = [](auto change) {
        Recipe recipe = example();
        change(recipe);
        try {
            write_recipe(recipe);
            return std::string("written");
        } catch (const Error& error) {
            return std::string(error.what())
                .substr(std::string_view("the recipe could not be read again: ").size());
        }
    };
    CHECK(refusal([](Recipe& r) { ++r.size; }) == "its segments do not add up to the file's size");
    CHECK(refusal([](Recipe& r) { --r.size; }) == "its segments do not add up to the file's size");
    CHECK(refusal([](Recipe& r) { r.segments.emplace_back(Bytes{}); }) == "a segment is empty");
    CHECK(refusal([](Recipe& r) { r.segments[0] = Bytes(inline_literal_limit + 1); }) ==
          "a literal's length is beyond its limit");
    CHECK(refusal([](Recipe& r) { std::get<BlobRange>(r.segments[1]).blob.depth = max_depth + 1; }) ==
          "a reference is deeper than any blob");
    CHECK(refusal([](Recipe& r) { r.tensors[0].length = r.size; }) ==
          "a tensor's length is beyond its limit");
    CHECK(refusal([](Recipe& r) { r.tensors[0].shape.resize(tensor_rank_limit + 1); }) ==
          "a tensor's rank is beyond its limit");
    CHECK(refusal([](Recipe& r) { r.tensors[0].name.resize(tensor_name_limit + 1); }) ==
          "a tensor name's length is beyond its limit");
    CHECK(refusal([](Recipe& r) { r.tensors.resize(tensor_count_limit + 1); }) ==
          "the number of tensors is beyond its limit");
}
