#include "agent/git/repository.hpp"

#include <doctest/doctest.h>

#include "agent/error.hpp"
#include "tests/unit/agent/scratch.hpp"

using namespace bitx::agent;
namespace fs = std::filesystem;

TEST_CASE("a repository is found from a folder inside it") {
    const ScratchRepository scratch;
    scratch.write("a/b/file", "x");
    const Repository repository = Repository::open(scratch.path() / "a/b");
    CHECK(repository.worktree() == scratch.path());
    CHECK(repository.git_dir() == scratch.path() / ".git");
    CHECK(repository.common_dir() == scratch.path() / ".git");
    CHECK(repository.lfs_objects() == scratch.path() / ".git/lfs/objects");
    CHECK(repository.bitx_dir() == scratch.path() / ".git/lfs/bitx");
    CHECK(repository.lfs_object("aabbcc") == scratch.path() / ".git/lfs/objects/aa/bb/aabbcc");
    CHECK_FALSE(repository.is_bare());
}

TEST_CASE("outside of a repository git's own words are the error") {
    const ScratchFolder folder;
    const ScopedEnvironment ceiling("GIT_CEILING_DIRECTORIES", folder.path().parent_path().string());
    CHECK_THROWS_WITH_AS(Repository::open(folder.path()), doctest::Contains("not a git repository"), Error);
}

TEST_CASE("a linked worktree shares the objects of its main one") {
    const ScratchRepository scratch;
    scratch.commit();
    const fs::path linked = scratch.path().parent_path() / "linked";
    scratch.git({"worktree", "add", "--quiet", linked.string()});
    const Repository repository = Repository::open(linked);
    CHECK(repository.worktree() == linked);
    CHECK(repository.git_dir() == scratch.path() / ".git/worktrees/linked");
    CHECK(repository.lfs_objects() == scratch.path() / ".git/lfs/objects");
}

TEST_CASE("GIT_DIR and GIT_WORK_TREE are followed") {
    const ScratchRepository scratch;
    scratch.write(".bitx", "here");
    const ScratchFolder elsewhere;
    const ScopedEnvironment git_dir("GIT_DIR", (scratch.path() / ".git").string());
    const ScopedEnvironment work_tree("GIT_WORK_TREE", scratch.path().string());
    Repository repository = Repository::open(elsewhere.path());
    CHECK(repository.worktree() == scratch.path());
    CHECK(repository.committed_file(".bitx", 100)->bytes == "here");
}

TEST_CASE("a bare repository has no worktree, and its HEAD is what it says") {
    const ScratchRepository scratch;
    scratch.write(".bitx", "committed");
    const std::string commit = scratch.commit();
    const fs::path bare = scratch.path().parent_path() / "bare";
    scratch.git({"clone", "--quiet", "--bare", ".", bare.string()});
    Repository repository = Repository::open(bare);
    CHECK(repository.is_bare());
    CHECK(repository.worktree() == std::nullopt);
    CHECK(repository.lfs_objects() == bare / "lfs/objects");
    CHECK(repository.committed_file(".bitx", 100)->where == "HEAD:.bitx");
    CHECK(repository.resolve("HEAD") == commit);
}

TEST_CASE("lfs.storage moves the objects, relative to the common folder") {
    const ScratchRepository scratch;
    scratch.git({"config", "lfs.storage", "elsewhere"});
    CHECK(Repository::open(scratch.path()).bitx_dir() == scratch.path() / ".git/elsewhere/bitx");
    scratch.git({"config", "lfs.storage", "/srv/lfs"});
    CHECK(Repository::open(scratch.path()).lfs_objects() == "/srv/lfs/objects");
}

TEST_CASE("extensions that git knows are no obstacle; SHA-256 is refused by name") {
    const ScratchRepository scratch;
    scratch.write("model", pointer_text('1'));
    const std::string commit = scratch.commit();
    scratch.git({"config", "core.repositoryFormatVersion", "1"});
    scratch.git({"config", "extensions.worktreeConfig", "true"});
    scratch.git({"config", "extensions.partialClone", "origin"});
    CHECK(Repository::open(scratch.path()).lfs_files(commit).size() == 1);
    const ScratchRepository other({"--object-format=sha256"});
    CHECK_THROWS_WITH_AS(Repository::open(other.path()), doctest::Contains("SHA-256"), Error);
}

TEST_CASE("the LFS files of a commit are its pointers, in any folder") {
    const ScratchRepository scratch;
    scratch.write("a.safetensors", pointer_text('1', 7));
    scratch.write("sub/b.bin", pointer_text('2', 8));
    scratch.write("readme", "text");
    scratch.write("large", std::string(5000, 'x'));
    fs::create_symlink("a.safetensors", scratch.path() / "link");
    const std::string commit = scratch.commit();
    Repository repository = Repository::open(scratch.path());
    CHECK(repository.lfs_files(commit) == std::vector<LfsFile>{{"a.safetensors", std::string(64, '1'), 7},
                                                               {"sub/b.bin", std::string(64, '2'), 8}});
    CHECK_THROWS_AS(repository.lfs_files(std::string(40, '0')), Error);
}

TEST_CASE("revisions resolve to commits") {
    const ScratchRepository scratch;
    const std::string commit = scratch.commit();
    scratch.git({"tag", "-a", "-m", "t", "v1"});
    const Repository repository = Repository::open(scratch.path());
    CHECK(repository.resolve("v1") == commit);
    CHECK(repository.resolve("main") == commit);
    CHECK(repository.resolve("nothing") == std::nullopt);
    CHECK(repository.resolve("--all") == std::nullopt);
}

TEST_CASE("a committed file is read from the worktree, then the index, then HEAD") {
    const ScratchRepository scratch;
    scratch.write(".bitx", "head");
    scratch.commit();
    scratch.write(".bitx", "index");
    scratch.git({"add", ".bitx"});
    scratch.write(".bitx", "worktree");
    Repository repository = Repository::open(scratch.path());
    CHECK(repository.committed_file(".bitx", 100)->bytes == "worktree");
    fs::remove(scratch.path() / ".bitx");
    CHECK(repository.committed_file(".bitx", 100)->bytes == "index");
    scratch.git({"rm", "--quiet", "--cached", ".bitx"});
    repository =
        Repository::open(scratch.path());  // git cat-file, once started, keeps the index that it read
    CHECK(repository.committed_file(".bitx", 100)->bytes == "head");
    CHECK(repository.committed_file("absent", 100) == std::nullopt);
    CHECK_THROWS_AS(repository.committed_file(".bitx", 3), Error);
}

TEST_CASE("a committed file that is a symbolic link or a folder is refused") {
    const ScratchRepository scratch;
    fs::create_symlink("/etc/passwd", scratch.path() / ".bitx");
    fs::create_directory(scratch.path() / "folder");
    Repository repository = Repository::open(scratch.path());
    CHECK_THROWS_WITH_AS(repository.committed_file(".bitx", 100), doctest::Contains("symbolic link"), Error);
    CHECK_THROWS_AS(repository.committed_file("folder", 100), Error);
}

TEST_CASE("an object that a partial clone lacks is fetched, or passed over where it may not be") {
    const ScratchRepository scratch;
    scratch.write("model", pointer_text('5'));
    const std::string commit = scratch.commit();
    scratch.git({"config", "uploadpack.allowFilter", "true"});
    scratch.git({"config", "uploadpack.allowAnySHA1InWant", "true"});
    const fs::path partial = scratch.path().parent_path() / "partial";
    scratch.git({"clone", "--quiet", "--no-checkout", "--filter=blob:none",
                 "file://" + scratch.path().string(), partial.string()});
    Repository repository = Repository::open(partial);
    const std::string blob = scratch.git({"rev-parse", "HEAD:model"});
    CHECK(repository.object(blob, 1023, false) == std::nullopt);
    CHECK(repository.lfs_files(commit).size() == 1);
}
