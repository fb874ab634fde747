#include "codec/recipe.hpp"

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

TEST_CASE("segments that do not add up to the file are refused") {
    Recipe recipe = example();
    ++recipe.size;
    CHECK_THROWS_AS(read_recipe(write_recipe(recipe)), CorruptError);
    recipe.size -= 2;
    CHECK_THROWS_AS(read_recipe(write_recipe(recipe)), CorruptError);
}

TEST_CASE("a tensor outside its file is refused") {
    Recipe recipe = example();
    recipe.tensors[0].length = recipe.size;
    CHECK_THROWS_AS(read_recipe(write_recipe(recipe)), CorruptError);
}
