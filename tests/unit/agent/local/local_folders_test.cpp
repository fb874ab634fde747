#include "agent/local/local_folders.hpp"

#include <doctest/doctest.h>

#include "tests/unit/agent/scratch.hpp"

using namespace bitx;
using namespace bitx::agent;

namespace {

const std::string bytes(100'000, 'b');
const codec::Digest oid = codec::Sha256::of(codec::as_bytes(bytes));

std::string object_name() {
    return oid.hex().substr(0, 2) + "/" + oid.hex().substr(2, 2) + "/" + oid.hex();
}

std::optional<std::filesystem::path> found_in(const ScratchFolder& scratch, const std::string& folder) {
    return LocalFolders(scratch / "none", {scratch / folder}).find(oid, bytes.size());
}

}  // namespace

TEST_CASE("a file is found by its name in a repository, its LFS objects, and the Hugging Face cache") {
    for (const std::string& place :
         {"top/.git/lfs/objects/" + object_name(), "top/lfs/objects/" + object_name(), "top/" + object_name(),
          "top/models--acme--minilm/blobs/" + oid.hex(), "top/hub/models--a--b/blobs/" + oid.hex()}) {
        CAPTURE(place);
        ScratchFolder scratch;
        CHECK(!found_in(scratch, "top"));
        write_file(scratch / place, bytes);
        CHECK(found_in(scratch, "top") == scratch / place);
        write_file(scratch / place, bytes + "x");
        CHECK(!found_in(scratch, "top"));
    }
}

TEST_CASE("files of a plain folder are found by their size") {
    ScratchFolder scratch;
    write_file(scratch / "top/a model/weights", bytes);
    write_file(scratch / "top/other", bytes + "x");
    write_file(scratch / "top/.hidden/weights", bytes);
    LocalFolders folders(scratch / "none", {scratch / "top"});
    CHECK(!folders.find(oid, bytes.size()));
    CHECK(folders.of_size(bytes.size()) == std::vector{scratch / "top/a model/weights"});
    CHECK(folders.of_size(bytes.size() + 2).empty());
}

TEST_CASE("the newest objects come first") {
    ScratchFolder scratch;
    write_file(scratch / "objects" / object_name(), bytes);
    const LocalFolders folders(scratch / "objects", {});
    const auto objects = folders.newest_objects(10);
    REQUIRE(objects.size() == 1);
    CHECK(objects[0].oid == oid);
    CHECK(folders.newest_objects(0).empty());
}
