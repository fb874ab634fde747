#include "agent/setup/pre_push.hpp"

#include <doctest/doctest.h>

#include "agent/error.hpp"
#include "tests/unit/agent/scratch.hpp"

using namespace bitx::agent;

namespace {

const std::string zero(40, '0');
const std::string store_a = "[lfs]\n\turl = bitx::file:///a\n";

PushedRef pushed(const std::string& commit, const std::string& ref = "refs/heads/main") {
    return {ref, commit, ref, zero};
}

void check(const ScratchRepository& scratch, const PushedRef& ref) {
    Repository repository = Repository::open(scratch.path());
    check_lfsconfig(repository, {ref}, "origin");
}

}  // namespace

TEST_CASE("a commit whose own .lfsconfig leads to the store in use may be pushed") {
    const ScratchRepository scratch;
    scratch.write("model", pointer_text('1'));
    scratch.write(".lfsconfig", store_a);
    CHECK_NOTHROW(check(scratch, pushed(scratch.commit())));
}

TEST_CASE("one without it is refused by name, the worktree's file does not help") {
    const ScratchRepository scratch;
    scratch.write("model", pointer_text('1'));
    const std::string commit = scratch.commit();
    scratch.write(".lfsconfig", store_a);
    CHECK_THROWS_WITH_AS(check(scratch, pushed(commit)), doctest::Contains("refs/heads/main"), Error);
    CHECK_THROWS_WITH_AS(check(scratch, pushed(commit)), doctest::Contains("no .lfsconfig"), Error);
    CHECK_NOTHROW(check(scratch, {"(delete)", zero, "refs/heads/main", commit}));
}

TEST_CASE("a commit without LFS files needs none") {
    const ScratchRepository scratch;
    const std::string commit = scratch.commit();
    scratch.write(".lfsconfig", store_a);
    CHECK_NOTHROW(check(scratch, pushed(commit)));
}

TEST_CASE("another store than the one in use is refused, unless insteadOf makes it the same") {
    const ScratchRepository scratch;
    scratch.write("model", pointer_text('1'));
    scratch.write(".lfsconfig", store_a);
    const std::string commit = scratch.commit();
    scratch.git({"config", "lfs.url", "bitx::file:///b"});
    CHECK_THROWS_WITH_AS(check(scratch, pushed(commit)), doctest::Contains("'bitx::file:///a'"), Error);
    scratch.git({"config", "--unset", "lfs.url"});
    scratch.git({"config", "url.bitx::file:///b.insteadOf", "bitx::file:///a"});
    CHECK_NOTHROW(check(scratch, pushed(commit)));
}

TEST_CASE("a store that is written at one URL and read at another") {
    const ScratchRepository scratch;
    scratch.write("model", pointer_text('1'));
    scratch.write(".lfsconfig", "[lfs]\n\turl = bitx::https://mirror/a\n\tpushurl = bitx::file:///a\n");
    CHECK_NOTHROW(check(scratch, pushed(scratch.commit())));
}

TEST_CASE("the default branch: the remote's, else the configured one, main, master, the only one") {
    const ScratchRepository scratch;
    const auto branch = [&] { return default_branch(Repository::open(scratch.path()), "origin"); };
    CHECK(branch().empty());
    scratch.commit();
    scratch.git({"branch", "-m", "only"});
    CHECK(branch() == "only");
    scratch.git({"branch", "other"});
    CHECK(branch().empty());
    scratch.git({"branch", "master"});
    CHECK(branch() == "master");
    scratch.git({"branch", "main"});
    CHECK(branch() == "main");
    scratch.git({"config", "init.defaultBranch", "other"});
    CHECK(branch() == "other");
    scratch.git({"symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/release/1"});
    CHECK(branch() == "release/1");
}

TEST_CASE("tags are published before the default branch, each commit once, other branches not") {
    const ScratchRepository scratch;
    const std::string one = scratch.commit("one");
    const std::string two = scratch.commit("two");
    scratch.git({"tag", "-a", "-m", "t", "v1", one});
    const std::string tag = scratch.git({"rev-parse", "v1"});
    const Repository repository = Repository::open(scratch.path());
    using Commits = std::vector<std::string>;
    CHECK(commits_to_publish(repository,
                             {pushed(two), pushed(tag, "refs/tags/v1"), pushed(two, "refs/tags/v2"),
                              pushed(one, "refs/heads/topic"), pushed(zero, "refs/tags/old")},
                             "origin") == Commits{one, two});
}
