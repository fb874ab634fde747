#include "codec/object/manifest.hpp"

#include <doctest/doctest.h>

using namespace bitx::codec;

namespace {

Manifest example() {
    return {.model = "acme/minilm",
            .commit = "0123456789abcdef0123456789abcdef01234567",
            .files = {{"a b/modèle\n.safetensors", 10, Sha256::of(as_bytes("1"))},
                      {"model.safetensors", UINT64_MAX, Sha256::of(as_bytes("2"))}}};
}

}  // namespace

TEST_CASE("a manifest comes back as it was written, whatever its paths") {
    CHECK(read_manifest(write_manifest(example())) == example());
}

TEST_CASE("the order in which files are given does not change the revision") {
    Manifest turned = example();
    std::swap(turned.files[0], turned.files[1]);
    CHECK(write_manifest(turned) == write_manifest(example()));
}

TEST_CASE("what is not canonical is refused") {
    const std::string good(as_text(write_manifest(example())));
    const auto replaced = [&](std::string_view from, std::string_view to) {
        std::string text = good;
        return text.replace(text.find(from), from.size(), to);
    };
    CHECK_THROWS_AS(read_manifest(as_bytes(replaced("file ", "fil "))), CorruptError);
    CHECK_THROWS_AS(read_manifest(as_bytes(replaced(" 10 ", " 010 "))), CorruptError);
    CHECK_THROWS_AS(read_manifest(as_bytes(replaced("%20", "%2g"))), CorruptError);
    CHECK_THROWS_AS(read_manifest(as_bytes(replaced("model.", "%6Dodel."))), CorruptError);
    CHECK_THROWS_AS(read_manifest(as_bytes(good.substr(0, good.size() - 1))), CorruptError);
    CHECK_THROWS_AS(read_manifest(as_bytes(replaced("manifest 1", "manifest 2"))), UnsupportedError);
    CHECK_THROWS_AS(read_manifest({}), CorruptError);
}

TEST_CASE("the canonical bytes are the same on every machine: all but visible ASCII is escaped") {
    const Manifest manifest{.model = "a/b", .commit = "", .files = {{"\x01 %\x7fé~!", 0, Digest{}}}};
    CHECK(as_text(write_manifest(manifest)) ==
          "bitx manifest 1\nmodel a/b\ncommit \nfile " + std::string(64, '0') + " 0 %01%20%25%7F%C3%A9~!\n");
}

TEST_CASE("two files at one path are neither written nor read") {
    Manifest manifest = example();
    manifest.files.push_back(manifest.files.front());
    CHECK_THROWS_WITH_AS(
        write_manifest(manifest),
        "the manifest cannot be written: it has two files at a%20b/mod%C3%A8le%0A.safetensors", Error);
    const std::string good(as_text(write_manifest(example())));
    const std::size_t last = good.rfind("file ");
    CHECK_THROWS_WITH_AS(read_manifest(as_bytes(good + good.substr(last))),
                         "it has two files at model.safetensors", CorruptError);
}

TEST_CASE("a commit is a hexadecimal id or nothing") {
    Manifest manifest = example();
    manifest.commit = "";
    CHECK(read_manifest(write_manifest(manifest)) == manifest);
    for (const char* commit : {"main", "ABCD", "\x1b[31m", "12 34"}) {
        manifest.commit = commit;
        CHECK_THROWS_AS(write_manifest(manifest), Error);
    }
}
