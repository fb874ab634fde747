#include "agent/setup/hook.hpp"

#include <doctest/doctest.h>

#include "tests/unit/agent/scratch.hpp"

using namespace bitx::agent;
namespace fs = std::filesystem;

namespace {

const std::string line = std::string(hook_line) + "\n";
const std::string check = "command -v git-lfs >/dev/null 2>&1 || { echo >&2 \"no git-lfs\"; exit 2; }\n";
const std::string call = "git lfs pre-push \"$@\"\n";
const std::string of_git_lfs = "#!/bin/sh\n" + check + call;

std::string read(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {(std::istreambuf_iterator<char>(stream)), {}};
}

}  // namespace

TEST_CASE("the line comes before all of git-lfs's own, once") {
    CHECK(with_hook_line(of_git_lfs) == "#!/bin/sh\n" + line + check + call);
    CHECK(with_hook_line(*with_hook_line(of_git_lfs)) == "#!/bin/sh\n" + line + check + call);
    CHECK(with_hook_line("#!/bin/sh\ngit lfs push --stdin $*") ==
          "#!/bin/sh\n" + line + "git lfs push --stdin $*\n");
}

TEST_CASE("a hook that does anything else is not touched") {
    for (const std::string& hook :
         {of_git_lfs + "make test\n", "#!/bin/bash\n" + check + call, std::string("#!/bin/sh\nexit 0\n"),
          std::string("#!/bin/sh\n"), std::string(), "#!/bin/sh\ncat >/dev/null; " + call, check + call}) {
        CAPTURE(hook);
        CHECK(with_hook_line(hook) == std::nullopt);
    }
}

TEST_CASE("the hook for those who keep theirs by hand has the line too") {
    const std::string by_hand = read(fs::path(BITX_TEST_DATA) / "../../hooks/pre-push");
    CHECK(with_hook_line(by_hand) == by_hand);
}

TEST_CASE("an existing hook keeps its mode; one by hand with our line is left as it is") {
    const ScratchRepository scratch;
    const fs::path file = scratch.path() / ".git/hooks/pre-push";
    write_file(file, of_git_lfs);
    fs::permissions(file, fs::perms(0750));
    const Repository repository = Repository::open(scratch.path());
    CHECK(install_hook(repository).state == HookState::installed);
    CHECK(read(file) == *with_hook_line(of_git_lfs));
    CHECK(fs::status(file).permissions() == fs::perms(0750));

    const std::string by_hand = "#!/bin/sh\nmake test || exit 1\n" + line;
    write_file(file, by_hand);
    CHECK(install_hook(repository).state == HookState::installed);
    CHECK(read(file) == by_hand);
}

TEST_CASE("a foreign hook and a symbolic link are left alone") {
    const ScratchRepository scratch;
    const fs::path file = scratch.path() / ".git/hooks/pre-push";
    write_file(file, "#!/bin/sh\nmake test\n");
    const Repository repository = Repository::open(scratch.path());
    CHECK(install_hook(repository).state == HookState::foreign);
    CHECK(read(file) == "#!/bin/sh\nmake test\n");

    fs::remove(file);
    const fs::path target = scratch.path() / "target";
    write_file(target, of_git_lfs);
    fs::create_symlink(target, file);
    CHECK(install_hook(repository).state == HookState::foreign);
    CHECK(read(target) == of_git_lfs);
}

TEST_CASE("nothing is written outside of the repository") {
    const ScratchRepository scratch;
    const ScratchFolder elsewhere;
    scratch.git({"config", "core.hooksPath", elsewhere.path().string()});
    CHECK(install_hook(Repository::open(scratch.path())).state == HookState::outside);
    CHECK(fs::is_empty(elsewhere.path()));

    fs::create_directory_symlink(elsewhere.path(), scratch.path() / "hooks");
    scratch.git({"config", "core.hooksPath", "hooks"});
    CHECK(install_hook(Repository::open(scratch.path())).state == HookState::outside);
    CHECK(fs::is_empty(elsewhere.path()));
}

TEST_CASE("a worktree's own hooks folder is inside the repository") {
    const ScratchRepository scratch;
    scratch.write(".githooks/pre-push", of_git_lfs);
    scratch.git({"config", "core.hooksPath", ".githooks"});
    fs::create_directory(scratch.path() / "sub");
    CHECK(install_hook(Repository::open(scratch.path() / "sub")).state == HookState::installed);
    CHECK(read(scratch.path() / ".githooks/pre-push") == *with_hook_line(of_git_lfs));
}
