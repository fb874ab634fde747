#include "agent/setup/arrival.hpp"

#include <doctest/doctest.h>

#include "agent/error.hpp"
#include "agent/git/lfs_url.hpp"
#include "tests/unit/agent/stored_files.hpp"

using namespace bitx::agent;
namespace fs = std::filesystem;

TEST_CASE("the store's URL is written into .lfsconfig, where all else but pushurl stays") {
    const ScratchRepository scratch;
    scratch.write(".lfsconfig",
                  "# ours\n[lfs]\n\turl = https://old\n\tpushurl = https://old/push\n\tfetchexclude = big\n");
    Repository repository = Repository::open(scratch.path());
    write_lfsconfig(repository, "bitx::file:///a b");
    CHECK(store_url(repository, Operation::upload, "origin") == "file:///a b");
    const std::string text = repository.committed_file(".lfsconfig", 1000)->bytes;
    CHECK(text.starts_with("# ours\n"));
    CHECK(text.find("fetchexclude = big") != std::string::npos);
    write_lfsconfig(repository, "bitx::file:///a b");
    CHECK(repository.committed_file(".lfsconfig", 1000)->bytes == text);
}

TEST_CASE("a symbolic link is not written through") {
    const ScratchRepository scratch;
    const ScratchFolder outside;
    write_file(outside / "file", "[lfs]\n");
    fs::create_symlink(outside / "file", scratch.path() / ".lfsconfig");
    Repository repository = Repository::open(scratch.path());
    CHECK_THROWS_WITH_AS(write_lfsconfig(repository, "bitx::file:///a"), doctest::Contains("symbolic link"),
                         Error);
}

TEST_CASE("objects of the history that a store does not have are counted") {
    const ScratchRepository scratch;
    TestStore stored;
    const std::string bytes = weights(100, 1);
    stored.push(bytes);
    scratch.write("there", "version https://git-lfs.github.com/spec/v1\noid sha256:" +
                               TestStore::oid(bytes).hex() + "\nsize 200\n");
    scratch.write("missing", pointer_text('1'));
    scratch.commit();
    scratch.write("missing", pointer_text('2'));
    scratch.commit();
    Repository repository = Repository::open(scratch.path());
    CHECK(count_missing_objects(repository, stored.engine()) == 2);
}
