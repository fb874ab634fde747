#include "agent/push/base_lookup.hpp"

#include <algorithm>

#include <doctest/doctest.h>

using namespace bitx;
using namespace bitx::agent;

namespace {

codec::BlobKey key(std::string_view name) {
    return {codec::Sha256::of(codec::as_bytes(name)), 0};
}

codec::Tensor tensor(std::string name, std::vector<std::uint64_t> shape, std::uint64_t offset,
                     codec::Dtype dtype = codec::Dtype::bf16) {
    std::uint64_t length = width(dtype);
    for (const std::uint64_t dimension : shape) length *= dimension;
    return {std::move(name), dtype, std::move(shape), offset, length};
}

// A header of 8 bytes, "a" of 4 x 8 and "b" of 2 x 8 elements in one blob from its byte 100 on.
codec::Recipe recipe() {
    codec::Recipe recipe{.size = 8 + 64 + 32, .format = codec::FileFormat::safetensors};
    recipe.segments = {codec::BlobRange{key("header"), 0, 8}, codec::BlobRange{key("tensors"), 100, 96}};
    recipe.tensors = {tensor("a", {4, 8}, 8), tensor("b", {2, 8}, 72)};
    return recipe;
}

BaseModel model() {
    BaseModel model;
    model.add("one.safetensors", recipe(), "base one");
    codec::Recipe second = recipe();
    second.segments[1] = codec::BlobRange{key("others"), 0, 96};
    model.add("two.safetensors", second, "base two");
    return model;
}

}  // namespace

TEST_CASE("a tensor is found by path and name, then by name") {
    const auto found = model().find("two.safetensors", tensor("b", {2, 8}, 0));
    REQUIRE(found);
    CHECK(found->range == codec::BlobRange{key("others"), 64, 32});
    CHECK(found->source == "base two");
    CHECK(model().find("elsewhere", tensor("b", {2, 8}, 0))->range ==
          codec::BlobRange{key("tensors"), 164, 32});
    CHECK_FALSE(model().find("one.safetensors", tensor("c", {2, 8}, 0)));
}

TEST_CASE("equal trailing dimensions suffice: the common leading rows are the base") {
    CHECK(model().find("one.safetensors", tensor("a", {6, 8}, 0))->range.length == 64);
    CHECK(model().find("one.safetensors", tensor("a", {3, 8}, 0))->range.length == 48);
    CHECK_FALSE(model().find("one.safetensors", tensor("a", {4, 9}, 0)));
    CHECK_FALSE(model().find("one.safetensors", tensor("a", {32}, 0)));
    CHECK_FALSE(model().find("one.safetensors", tensor("a", {4, 8}, 0, codec::Dtype::f16)));
}

TEST_CASE("a header that is a blob can be a base") {
    CHECK(model().find_header("two.safetensors")->range == codec::BlobRange{key("header"), 0, 8});
    CHECK(model().find_header("elsewhere"));
    CHECK_FALSE(BaseModel().find_header("x"));
}

TEST_CASE("the blobs of its recipes are known") {
    const BaseModel base = model();
    CHECK(std::ranges::find(base.blobs(), key("others")) != base.blobs().end());
}
