#include "agent/local/likeness.hpp"

#include <doctest/doctest.h>

#include "tests/unit/agent/scratch.hpp"

using namespace bitx;
using namespace bitx::agent;

namespace {

std::string piece(unsigned number) {
    return std::string(100 + number % 7, static_cast<char>('a' + number));
}

// A file of 24 blobs of different lengths.
std::string content(unsigned changed = 24) {
    std::string bytes;
    for (unsigned i = 0; i < 24; ++i) bytes += i < changed ? piece(i) : std::string(piece(i).size(), '-');
    return bytes;
}

codec::Recipe recipe() {
    codec::Recipe recipe{.size = content().size()};
    for (unsigned i = 0; i < 24; ++i) {
        const codec::BlobKey blob{codec::Sha256::of(codec::as_bytes(piece(i))), 0};
        recipe.segments.emplace_back(codec::BlobRange{blob, 0, piece(i).size()});
    }
    return recipe;
}

}  // namespace

TEST_CASE("a few blobs from all over a file tell how much of it is the same") {
    ScratchFolder scratch;
    write_file(scratch / "same", content());
    write_file(scratch / "half", content(12));
    write_file(scratch / "other", content(0));
    write_file(scratch / "longer", content() + "x");

    CHECK(likeness(scratch / "same", recipe()).compared == 8);
    CHECK(likeness(scratch / "same", recipe()).seems_whole());
    CHECK(likeness(scratch / "half", recipe()).same == 4);
    CHECK(!likeness(scratch / "half", recipe()).seems_whole());
    for (const char* name : {"other", "longer", "no such file"}) {
        CAPTURE(name);
        CHECK(likeness(scratch / name, recipe()).same == 0);
    }
}

TEST_CASE("a file that is all literals is like nothing") {
    ScratchFolder scratch;
    write_file(scratch / "file", "ABCD");
    CHECK(!likeness(scratch / "file", {.size = 4, .segments = {codec::Bytes(4)}}).seems_whole());
}

TEST_CASE("a blob that lies in the file in parts is put together") {
    ScratchFolder scratch;
    write_file(scratch / "file", "CD..AB");
    const codec::BlobKey blob{codec::Sha256::of(codec::as_bytes("ABCD")), 0};
    codec::Recipe parts{.size = 6};
    parts.segments = {codec::BlobRange{blob, 2, 2}, codec::Bytes(2), codec::BlobRange{blob, 0, 2}};
    CHECK(likeness(scratch / "file", parts).seems_whole());
}
