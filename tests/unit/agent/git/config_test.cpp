#include "agent/git/config.hpp"

#include <doctest/doctest.h>

#include "agent/error.hpp"
#include "tests/unit/agent/scratch.hpp"

using namespace bitx::agent;

TEST_CASE("the last value wins, section and variable are without case") {
    const GitConfig config =
        GitConfig::parse("[Lfs]\nURL = one\nurl = two\n[remote \"My.Name\"]\nurl=x\n", "t");
    CHECK(config.get("lfs.url") == "two");
    CHECK(config.get_all("LFS.Url") == std::vector<std::string>{"one", "two"});
    CHECK(config.get("remote.My.Name.url") == "x");
    CHECK(config.get("remote.my.name.url") == std::nullopt);
    CHECK(config.get("lfs.nothing") == std::nullopt);
}

TEST_CASE("a value may hold any byte but NUL") {
    CHECK(GitConfig::parse("[a]\nb = \"x\\ny = z\"\n", "t").get("a.b") == "x\ny = z");
}

TEST_CASE("booleans are git's") {
    const GitConfig config = GitConfig::parse(
        "[b]\nbare\nyes=Yes\non=ON\none=1\nno=no\noff=off\nzero=0\nempty=\nother=maybe\n", "t");
    for (const char* key : {"b.bare", "b.yes", "b.on", "b.one"}) CHECK(config.get_bool(key) == true);
    for (const char* key : {"b.no", "b.off", "b.zero", "b.empty"}) CHECK(config.get_bool(key) == false);
    CHECK(config.get_bool("b.absent") == std::nullopt);
    CHECK_THROWS_WITH_AS(config.get_bool("b.other"), "'maybe' is no value for b.other: give true or false",
                         Error);
}

TEST_CASE("numbers have git's suffixes") {
    const GitConfig config = GitConfig::parse(
        "[n]\na=17\nk=2k\nm=3M\ng=4g\nneg=-1\nbad=2x\nnone=\nbig=99999999999999999999\n"
        "over=9223372036854775807k\nbare\n",
        "t");
    CHECK(config.get_integer("n.a") == 17);
    CHECK(config.get_integer("n.k") == 2048);
    CHECK(config.get_integer("n.m") == 3 << 20);
    CHECK(config.get_integer("n.g") == std::int64_t{4} << 30);
    CHECK(config.get_integer("n.neg") == -1);
    for (const char* key : {"n.bad", "n.none", "n.big", "n.over", "n.bare"}) {
        CAPTURE(key);
        CHECK_THROWS_AS(config.get_integer(key), Error);
    }
}

TEST_CASE("bytes of strangers include no other file, and a fault is named with its line") {
    const ScratchFolder folder;
    write_file(folder / "other", "[a]\nb = stolen\n");
    const std::string bytes = "[include]\npath = " + (folder / "other").string() + "\n";
    CHECK(GitConfig::parse(bytes, "t").get("a.b") == std::nullopt);
    CHECK_THROWS_WITH_AS(GitConfig::parse("[a]\nb = c\n[broken\n", "x/.bitx"),
                         "'x/.bitx' is not in git-config syntax: line 3; correct the file", Error);
    CHECK(GitConfig::parse("", "t").entries().empty());
}

TEST_CASE("every scope is read, the command line of git too") {
    const ScratchRepository repository;
    repository.git({"config", "bitx.threads", "1"});
    const ScopedEnvironment count("GIT_CONFIG_COUNT", "1");
    const ScopedEnvironment key("GIT_CONFIG_KEY_0", "bitx.threads");
    const ScopedEnvironment value("GIT_CONFIG_VALUE_0", "7");
    const GitConfig config = GitConfig::read(repository.path());
    CHECK(config.get("bitx.threads") == "7");
    CHECK(config.entries().back().scope == ConfigScope::command);
    bool has_local = false;
    for (const ConfigEntry& entry : config.entries()) {
        has_local = has_local || (entry.key == "bitx.threads" && entry.scope == ConfigScope::local);
    }
    CHECK(has_local);
}

TEST_CASE("settings of a URL: the most specific one, else the one for all") {
    const ScratchRepository repository;
    repository.git({"config", "bitx.endpoint", "all"});
    repository.git({"config", "bitx.s3://bucket.endpoint", "bucket"});
    repository.git({"config", "bitx.s3://bucket/models.endpoint", "models"});
    repository.git({"config", "bitx.https://*.example.com.user", "me"});
    const auto endpoint = [&](const char* url) {
        return read_url_config("bitx", url, repository.path()).at("endpoint");
    };
    CHECK(endpoint("s3://bucket/models/a") == "models");
    CHECK(endpoint("s3://bucket/modelsuite") == "bucket");
    CHECK(endpoint("s3://other/models") == "all");
    CHECK(read_url_config("bitx", "https://a.example.com/x", repository.path()).at("user") == "me");
    CHECK(read_url_config("other", "s3://bucket", repository.path()).empty());
}
