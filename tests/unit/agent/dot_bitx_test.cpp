#include "agent/dot_bitx.hpp"

#include <doctest/doctest.h>

#include "agent/error.hpp"
#include "tests/unit/agent/scratch.hpp"

using namespace bitx::agent;
namespace fs = std::filesystem;

namespace {
const std::string revision(64, 'b');
const std::string declared = "[base]\n\tmodel = acme/minilm\n\trevision = " + revision + "\n";

DotBitx parse(const std::string& bytes) {
    return DotBitx::parse(bytes, ".bitx", [](const std::string& warning) { FAIL(warning); });
}
}  // namespace

TEST_CASE("the base is a model and its pinned revision") {
    CHECK(parse(declared).base == DeclaredBase{{"acme", "minilm"}, revision});
    CHECK(parse("").base == std::nullopt);
    CHECK(parse("# nothing yet\n").base == std::nullopt);
}

TEST_CASE("what cannot be meant is an error that names the file") {
    CHECK_THROWS_WITH_AS(parse("[base]\nmodel = a/b\n"), doctest::Contains("no base.revision"), Error);
    CHECK_THROWS_WITH_AS(parse("[base]\nrevision = " + revision), doctest::Contains("no base.model"), Error);
    CHECK_THROWS_WITH_AS(parse("[base]\nmodel = a/b\nrevision = 12\n"), doctest::Contains("64 hex"), Error);
    for (const char* name : {"acme", "a/b/c", "../x", "a/..", "/b", "a/", "a b/c", "-a/b"}) {
        CAPTURE(name);
        CHECK_THROWS_WITH_AS(parse("[base]\nmodel = " + std::string(name) + "\nrevision = " + revision),
                             doctest::Contains("is not a model's name"), Error);
    }
    CHECK_THROWS_WITH_AS(parse("[base"), doctest::Contains("not in git-config syntax"), Error);
    CHECK_THROWS_AS(parse(std::string(100'000, '#')), Error);
}

TEST_CASE("unknown keys warn, an include is one of them") {
    std::vector<std::string> warnings;
    DotBitx::parse(declared + "[include]\npath = /etc/passwd\n[base]\ncolour = red\n", ".bitx",
                   [&](const std::string& warning) { warnings.push_back(warning); });
    REQUIRE(warnings.size() == 2);
    CHECK(warnings[0] == "'.bitx': 'include.path' is not known and has no effect");
    CHECK(warnings[1] == "'.bitx': 'base.colour' is not known and has no effect");
}

TEST_CASE("writing keeps what else is in the file") {
    const ScratchRepository scratch;
    scratch.write(".bitx", "# our family\n[other]\n\tkey = kept\n");
    Repository repository = Repository::open(scratch.path());
    const auto ignore = [](const std::string&) {};
    write_base(repository, DeclaredBase{{"a", "b"}, revision});
    write_base(repository, DeclaredBase{{"c", "d"}, revision});
    CHECK(DotBitx::read(repository, ignore).base == DeclaredBase{{"c", "d"}, revision});
    write_base(repository, std::nullopt);
    const auto file = repository.committed_file(".bitx", 1000);
    REQUIRE(file);
    CHECK(file->bytes.starts_with("# our family\n[other]\n\tkey = kept\n"));
    CHECK(DotBitx::read(repository, ignore).base == std::nullopt);
}

TEST_CASE("clearing a base that was never declared makes no file") {
    const ScratchRepository scratch;
    Repository repository = Repository::open(scratch.path());
    write_base(repository, std::nullopt);
    CHECK_FALSE(fs::exists(scratch.path() / ".bitx"));
}

TEST_CASE("a symbolic link is neither read nor written through") {
    const ScratchRepository scratch;
    const ScratchFolder outside;
    write_file(outside / "target", declared);
    fs::create_symlink(outside / "target", scratch.path() / ".bitx");
    Repository repository = Repository::open(scratch.path());
    CHECK_THROWS_WITH_AS(DotBitx::read(repository, [](const std::string&) {}),
                         doctest::Contains("symbolic link"), Error);
    CHECK_THROWS_WITH_AS(write_base(repository, std::nullopt), doctest::Contains("symbolic link"), Error);
}
