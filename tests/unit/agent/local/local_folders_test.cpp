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
    return LocalFolders(scratch / "none", {scratch / folder}, scratch / "hashes").find(oid, bytes.size());
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

TEST_CASE("a file of a plain folder is found by its bytes, which are hashed once") {
    ScratchFolder scratch;
    write_file(scratch / "top/a model/weights", bytes);
    write_file(scratch / "top/other", std::string(bytes.size(), 'c'));
    write_file(scratch / "top/.hidden/weights", bytes);
    CHECK(found_in(scratch, "top") == scratch / "top/a model/weights");
    const auto remembered = std::filesystem::file_size(scratch / "hashes");
    CHECK(remembered > 0);
    CHECK(found_in(scratch, "top"));
    CHECK(std::filesystem::file_size(scratch / "hashes") == remembered);
    write_file(scratch / "top/a model/weights", std::string(bytes.size(), 'd'));
    CHECK(!found_in(scratch, "top"));
}

TEST_CASE("what is remembered and does not parse is passed over") {
    ScratchFolder scratch;
    write_file(scratch / "top/weights", bytes);
    write_file(scratch / "hashes",
               "\n|\nzz|\n" + std::string(64, 'x') + " 1|" + (scratch / "top/weights").string());
    CHECK(found_in(scratch, "top"));
}

TEST_CASE("the newest objects come first") {
    ScratchFolder scratch;
    write_file(scratch / "objects" / object_name(), bytes);
    const LocalFolders folders(scratch / "objects", {}, scratch / "hashes");
    const auto objects = folders.newest_objects(10);
    REQUIRE(objects.size() == 1);
    CHECK(objects[0].oid == oid);
    CHECK(folders.newest_objects(0).empty());
}
