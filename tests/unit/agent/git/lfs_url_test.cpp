#include "agent/git/lfs_url.hpp"

#include <doctest/doctest.h>

#include "agent/error.hpp"
#include "tests/unit/agent/scratch.hpp"

using namespace bitx::agent;

namespace {
std::string url(const std::string& config, Operation operation, std::string_view remote = "origin") {
    return lfs_url(GitConfig::parse(config, "t"), operation, remote);
}
constexpr auto upload = Operation::upload;
constexpr auto download = Operation::download;
}  // namespace

// tests/e2e/test_lfs_url.py compares with git-lfs itself; here is what each rule is.

TEST_CASE("lfs.pushurl is for uploads only, lfs.url before any remote's") {
    const std::string config =
        "[lfs]\nurl=bitx::file:///a\npushurl=bitx::file:///b\n[remote \"origin\"]\nlfsurl=x\n";
    CHECK(url(config, download) == "bitx::file:///a");
    CHECK(url(config, upload) == "bitx::file:///b");
}

TEST_CASE("a remote's own URLs, with origin where it has none") {
    const std::string config =
        "[remote \"origin\"]\nlfsurl=o\nlfspushurl=op\n[remote \"r\"]\nlfsurl=r\n[remote \"s\"]\nfetch=x\n";
    CHECK(url(config, download) == "o");
    CHECK(url(config, upload) == "op");
    CHECK(url(config, upload, "r") == "r");
    CHECK(url(config, download, "s") == "o");
    CHECK(url("", download).empty());
}

TEST_CASE("git's own remote is the last resort") {
    const std::string config = "[remote \"origin\"]\nurl=https://h/r\npushurl=https://p/r.git/\n";
    CHECK(url(config, download) == "https://h/r.git/info/lfs");
    CHECK(url(config, upload) == "https://p/r.git/info/lfs");
    CHECK(url("", upload, "https://x/y") == "https://x/y.git/info/lfs");
}

TEST_CASE("the longest insteadOf applies, pushInsteadOf first for uploads") {
    const std::string config =
        "[lfs]\nurl=bitx::file:///old/a/b\n"
        "[url \"bitx::file:///new\"]\ninsteadOf=bitx::file:///old\n"
        "[url \"bitx::file:///longer\"]\ninsteadOf=bitx::file:///old/a\n"
        "[url \"bitx::file:///push\"]\npushInsteadOf=bitx::file:///old\n";
    CHECK(url(config, download) == "bitx::file:///longer/b");
    CHECK(url(config, upload) == "bitx::file:///push/a/b");
}

TEST_CASE("from .lfsconfig only what git-lfs takes from there, under git config") {
    const ScratchRepository scratch;
    scratch.write(".lfsconfig",
                  "[lfs]\nurl = bitx::file:///a\nstorage = /etc\n[remote \"o\"]\nlfsurl=x\nurl=y\n"
                  "[url \"bitx::file:///evil\"]\ninsteadOf=bitx::file:///a\n");
    scratch.git({"config", "lfs.pushurl", "bitx::file:///push"});
    Repository repository = Repository::open(scratch.path());
    const GitConfig config = lfs_config(repository);
    CHECK(config.get("lfs.storage") == std::nullopt);
    CHECK(config.get("remote.o.url") == std::nullopt);
    CHECK(config.get("remote.o.lfsurl") == "x");
    CHECK(store_url(repository, download, "origin") == "file:///a");
    CHECK(store_url(repository, upload, "origin") == "file:///push");
}

TEST_CASE("a URL that is not ours, or none, is an error that says so without secrets") {
    const ScratchRepository scratch;
    {
        Repository repository = Repository::open(scratch.path());
        CHECK_THROWS_WITH_AS(store_url(repository, upload), doctest::Contains("git bitx init"), Error);
    }
    scratch.git({"config", "lfs.url", "https://me:secret@h/r"});
    Repository repository = Repository::open(scratch.path());
    CHECK_THROWS_WITH_AS(store_url(repository, upload), doctest::Contains("'https://h/r'"), Error);
}

TEST_CASE("only bitx:: followed by something without control characters is ours") {
    CHECK(bitx_store_of("bitx::s3://b/p") == "s3://b/p");
    for (const char* other :
         {"bitx::", "bitx:file:///a", "BITX::file:///a", "https://h", "bitx::file:///a\n"}) {
        CHECK(bitx_store_of(other) == std::nullopt);
    }
}
