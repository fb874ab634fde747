#include "agent/local/local_blobs.hpp"

#include <doctest/doctest.h>

#include "tests/unit/agent/scratch.hpp"

using namespace bitx;
using namespace bitx::agent;

TEST_CASE("a blob is read from where a file's recipe has it") {
    ScratchFolder scratch;
    write_file(scratch / "file", "..CD..AB");
    const codec::BlobKey blob{codec::Sha256::of(codec::as_bytes("ABCD")), 2};
    codec::Recipe recipe{.size = 8};
    recipe.segments = {codec::Bytes(2), codec::BlobRange{blob, 2, 2}, codec::Bytes(2),
                       codec::BlobRange{blob, 0, 2}};
    LocalBlobs blobs;
    blobs.add(scratch / "no such file", recipe);
    CHECK(!blobs.find(blob.sha256));
    blobs.add(scratch / "file", recipe);
    REQUIRE(blobs.find(blob.sha256));
    codec::Bytes bytes(3);
    CHECK(blobs.read({{blob.sha256, 0}, 1, 3}, bytes));
    CHECK(codec::as_text(bytes) == "BCD");
    CHECK(!blobs.read({blob, 2, 3}, bytes));
    blobs.forget(blob.sha256);
    CHECK(!blobs.read({blob, 0, 3}, bytes));

    recipe.size = 9;
    blobs.add(scratch / "file", recipe);
    CHECK(!blobs.find(blob.sha256));
}

TEST_CASE("a file that became shorter is one that does not have the blob") {
    ScratchFolder scratch;
    write_file(scratch / "file", "ABCD");
    const codec::BlobKey blob{codec::Sha256::of(codec::as_bytes("ABCD")), 0};
    LocalBlobs blobs;
    blobs.add(scratch / "file", {.size = 4, .segments = {codec::BlobRange{blob, 0, 4}}});
    std::filesystem::resize_file(scratch / "file", 3);
    codec::Bytes bytes(4);
    CHECK(!blobs.read({blob, 0, 4}, bytes));
}
