#include "remote/layout.hpp"

#include <doctest/doctest.h>

#include "remote/engine.hpp"

using namespace bitx::remote;

namespace {
const std::string hex = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const ModelName minilm{"acme", "mini.lm_v2"};
}  // namespace

TEST_CASE("keys read as LAYOUT.md says, and are keys to every engine") {
    CHECK(recipe_key(hex) == "recipes/00/" + hex);
    CHECK(blob_key(hex, 3) == "blobs/00/11/" + hex + ".3");
    CHECK(manifest_key(minilm, hex) == "models/acme/mini.lm_v2/" + hex);
    CHECK(latest_key(minilm) == "models/acme/mini.lm_v2/latest");
    for (const auto& key :
         {recipe_key(hex), blob_key(hex, 0), manifest_key(minilm, hex), latest_key(minilm)}) {
        CHECK_NOTHROW(check_key(key));
    }
}

TEST_CASE("a key is parsed back to what it was made of") {
    CHECK(parse_recipe_key(recipe_key(hex)) == hex);
    CHECK(parse_blob_key(blob_key(hex, 2)) == BlobName{hex, 2});
    CHECK(parse_model_key(manifest_key(minilm, hex)) == ManifestName{minilm, hex});
    CHECK(parse_model_key(latest_key(minilm)) == ManifestName{minilm, ""});
}

TEST_CASE("other keys are none of ours") {
    CHECK(!parse_recipe_key("recipes/01/" + hex));
    CHECK(!parse_recipe_key("recipes/00/" + hex + "0"));
    CHECK(!parse_recipe_key(hex));
    CHECK(!parse_recipe_key(""));
    for (const char* name : {".4", ".", "", ".-1", ".00", "x1", ".a"}) {
        CAPTURE(name);
        CHECK(!parse_blob_key("blobs/00/11/" + hex + name));
    }
    CHECK(!parse_blob_key("blobs/00/12/" + hex + ".0"));
    CHECK(!parse_model_key("models/acme/" + hex));
    CHECK(!parse_model_key("models/acme/x/y/" + hex));
    CHECK(!parse_model_key("models/acme/x/newest"));
    CHECK(!parse_model_key("recipes/00/" + hex));
}

TEST_CASE("what is no digest, depth or model name makes no key") {
    CHECK_THROWS_AS(recipe_key("abc"), LayoutError);
    CHECK_THROWS_AS(recipe_key(std::string(64, 'A')), LayoutError);
    CHECK_THROWS_AS(recipe_key(std::string(63, 'a') + "/"), LayoutError);
    CHECK_THROWS_AS(blob_key(hex, 4), LayoutError);
    for (const char* bad : {"", "acme", "/x", "acme/", "a/b/c", "a/..", "-a/b", "a/.b", "a b/c", "a/b\n"}) {
        CAPTURE(bad);
        CHECK_THROWS_AS(ModelName::parse(bad), LayoutError);
    }
    CHECK_THROWS_AS(ModelName::parse("a/" + std::string(97, 'b')), LayoutError);
    CHECK_THROWS_AS(latest_key({"..", "x"}), LayoutError);
    CHECK(ModelName::parse("acme/mini.lm_v2") == minilm);
}
