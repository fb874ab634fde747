// The files of tests/data/golden, which another implementation of FORMAT.md wrote: the good ones are read as
// they were meant, the bad ones give the error that stands beside them.

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>

#include <doctest/doctest.h>

#include "codec/object/blob.hpp"
#include "codec/object/container.hpp"
#include "codec/object/manifest.hpp"
#include "codec/object/recipe.hpp"

using namespace bitx::codec;
namespace fs = std::filesystem;

namespace {

const fs::path golden = fs::path(BITX_TEST_DATA) / "golden";

Bytes contents(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    REQUIRE_MESSAGE(file, "cannot open ", path.string());
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const ByteView bytes = as_bytes(text);
    return {bytes.begin(), bytes.end()};
}

Bytes good(const std::string& folder, const std::string& name) {
    return contents(golden / folder / ("good-" + name));
}

using Blobs = std::map<BlobKey, Bytes>;

// The raw bytes of a whole stored blob; its bases are looked up in `known`.
Bytes decode(ByteView stored, const Blobs& known, std::set<Method>* methods = nullptr) {
    const BlobPreamble preamble = read_blob_preamble(stored);
    const BlobHeader header =
        read_blob_header(stored.first(std::min<std::uint64_t>(preamble.header_length, stored.size())));
    REQUIRE(preamble.stored_length == stored.size());
    Bytes raw(header.raw_length());
    FrameCoder coder;
    const FrameIndex index(header, preamble.header_length);
    for (std::size_t i = 0; i < index.size(); ++i) {
        const FramePlace& place = index[i];
        const Member& member = header.members[place.member];
        const BaseRange range = base_range(member, place.member_offset, place.raw_length);
        ByteView base;
        if (range.length > 0)
            base = ByteView(known.at(member.base->blob)).subspan(range.offset, range.length);
        const FrameEntry& entry = header.frames[i];
        coder.decode(entry.method, stored.subspan(place.stored_offset, place.stored_length), base,
                     member.dtype, entry.checksum,
                     MutableByteView(raw).subspan(place.raw_offset, place.raw_length));
        if (methods != nullptr) methods->insert(entry.method);
    }
    CHECK(Sha256::of(raw) == header.sha256);
    return raw;
}

void remember(Blobs& known, const std::string& name) {
    const Bytes stored = good("blob", name);
    const auto header_length = read_blob_preamble(stored).header_length;
    Bytes raw = decode(stored, known);
    known[read_blob_header(ByteView(stored).first(header_length)).key()] = std::move(raw);
}

Blobs bases() {
    Blobs known;
    for (const char* name : {"base", "text", "bitx-bf16"}) remember(known, name);
    return known;
}

// Reads every bad file of a folder and compares the error with the one in errors.txt.
template <typename Read>
void check_errors(const std::string& folder, std::size_t least, Read read) {
    std::ifstream list(golden / folder / "errors.txt");
    std::set<std::string> listed;
    for (std::string line; std::getline(list, line);) {
        std::istringstream fields(line);
        std::string name;
        std::string kind;
        std::string message;
        std::getline(fields, name, '\t');
        std::getline(fields, kind, '\t');
        std::getline(fields, message);
        listed.insert(name);
        CAPTURE(name);
        std::string outcome = "accepted";
        try {
            read(contents(golden / folder / name));
        } catch (const CorruptError& error) {
            outcome = std::string("corrupt: ") + error.what();
        } catch (const UnsupportedError& error) {
            outcome = std::string("unsupported: ") + error.what();
        }
        CHECK(outcome == kind + ": " + message);
    }
    for (const auto& entry : fs::directory_iterator(golden / folder)) {
        const std::string name = entry.path().filename();
        if (!name.starts_with("bad-")) continue;
        CHECK_MESSAGE(listed.contains(name), name, " is in no list");
    }
    CHECK(listed.size() >= least);
}

}  // namespace

TEST_CASE("golden blobs decode to the digest that names them, by every frame method") {
    const Blobs known = bases();
    std::set<Method> methods;
    int count = 0;
    for (const auto& entry : fs::directory_iterator(golden / "blob")) {
        const std::string name = entry.path().filename();
        if (!name.starts_with("good-")) continue;
        CAPTURE(name);
        decode(contents(entry.path()), known, &methods);
        ++count;
    }
    CHECK(count == 43);
    CHECK(methods ==
          std::set{Method::raw, Method::planes, Method::bitx, Method::prefix, Method::ulp, Method::exponent});
}

TEST_CASE("a golden bundle has the members that it was written with") {
    const Bytes stored = good("blob", "bundle");
    const BlobHeader header =
        read_blob_header(ByteView(stored).first(read_blob_preamble(stored).header_length));
    REQUIRE(header.members.size() == 5);
    CHECK(header.depth() == 2);
    CHECK(header.members[0] == Member{.dtype = Dtype::f32, .length = 10});
    CHECK(header.members[1].row_length == 10);
    CHECK(header.members[3].base->offset == 600);
    CHECK(header.members[3].base->blob.depth == 1);
    CHECK(header.members[4] == Member{.dtype = Dtype::f64, .length = 4000});
}

TEST_CASE("golden recipes are read as they were meant") {
    const Recipe recipe = read_recipe(good("recipe", "tensors"));
    const BlobKey blob{Sha256::of(as_bytes("tensor")), 2};
    const ByteView literal = as_bytes("header");
    CHECK(recipe.oid == Sha256::of(as_bytes("file")));
    CHECK(recipe.size == 4125);
    CHECK(recipe.format == FileFormat::safetensors);
    CHECK(recipe.segments == std::vector<Segment>{Bytes(literal.begin(), literal.end()),
                                                  BlobRange{blob, 16, 4096}, BlobRange{blob, 0, 16},
                                                  BlobRange{{Sha256::of(as_bytes("other")), 0}, 0, 7}});
    CHECK(recipe.tensors == std::vector<Tensor>{{"layer.0.weight", Dtype::bf16, {64, 32}, 6, 4096},
                                                {"層\n", Dtype::f64, {}, 4102, 8},
                                                {"", Dtype::bytes, {0, std::uint64_t{1} << 63}, 4125, 0}});

    CHECK(read_recipe(good("recipe", "empty-file")) == Recipe{.oid = Sha256::of({})});
    CHECK(read_recipe(good("recipe", "literal")).segments == std::vector<Segment>{Bytes(4096)});
    CHECK(read_recipe(good("recipe", "unknown-file-format")).size == 1);
    CHECK(read_recipe(good("recipe", "large-file")).size == std::uint64_t{1} << 49);
}

TEST_CASE("golden manifests are read as they were meant") {
    const Manifest manifest = read_manifest(good("manifest", "files"));
    CHECK(manifest.model == "acme/minilm");
    CHECK(manifest.commit == "0123456789abcdef0123456789abcdef01234567");
    CHECK(manifest.files ==
          std::vector<ManifestFile>{{"a b/modèle\n.safetensors", 10, Sha256::of(as_bytes("1"))},
                                    {"model.safetensors", UINT64_MAX, Sha256::of(as_bytes("2"))}});
    CHECK(read_manifest(good("manifest", "empty")).files.empty());
    CHECK(read_manifest(good("manifest", "no-commit")) == Manifest{.model = "a/b"});
}

TEST_CASE("each bad blob gives the error that stands beside it") {
    check_errors("blob", 60, [known = bases()](ByteView stored) { decode(stored, known); });
}

TEST_CASE("each bad recipe gives the error that stands beside it") {
    check_errors("recipe", 20, [](ByteView stored) { read_recipe(stored); });
}

TEST_CASE("each bad manifest gives the error that stands beside it") {
    check_errors("manifest", 20, [](ByteView stored) { read_manifest(stored); });
}

namespace {

std::vector<ContainerEntry> entries_of(ByteView container) {
    return read_container(container.size(), [&](std::uint64_t offset, MutableByteView out) {
        std::ranges::copy(container.subspan(offset, out.size()), out.begin());
    });
}

}  // namespace

TEST_CASE("golden containers hold blobs and, last, the recipe of their file") {
    for (const char* name : {"solo", "delta"}) {
        const Bytes container = good("container", name);
        const auto entries = entries_of(container);
        REQUIRE(entries.size() == 2);
        const auto object = [&](std::size_t i) {
            return ByteView(container).subspan(entries[i].offset, entries[i].size);
        };
        const Recipe recipe = read_recipe(object(1));
        CHECK(entries[1].key == "recipes/" + recipe.oid.hex().substr(0, 2) + "/" + recipe.oid.hex());
        const BlobKey key =
            read_blob_header(object(0).first(read_blob_preamble(object(0)).header_length)).key();
        CHECK(entries[0].key.starts_with("blobs/"));
        CHECK(entries[0].key.ends_with(key.sha256.hex() + "." + std::to_string(key.depth)));
        CHECK(std::get<BlobRange>(recipe.segments.at(1)).blob == key);
    }
    CHECK(entries_of(good("container", "empty")).empty());
}

TEST_CASE("each bad container gives the error that stands beside it") {
    check_errors("container", 12, [](ByteView container) { entries_of(container); });
}
