#include "agent/git/file_history.hpp"

#include <doctest/doctest.h>

#include "tests/unit/agent/scratch.hpp"

using namespace bitx::agent;

TEST_CASE("the nearest version comes first, of two as near the older one") {
    FileHistory history;
    for (const char* oid : {"newest", "new", "middle", "old"}) history.add("model", oid);
    using List = std::vector<std::string>;
    CHECK(history.neighbours("model", "middle") == List{"old", "new", "newest"});
    CHECK(history.neighbours("model", "newest") == List{"new", "middle", "old"});
    CHECK(history.neighbours("model", "unknown") == List{"newest", "new", "middle", "old"});
    CHECK(history.neighbours("other", "new").empty());
}

TEST_CASE("history covers HEAD, branches and tags, every path, and nothing that is no pointer") {
    const ScratchRepository repository;
    repository.write("model", pointer_text('1'));
    repository.write("notes", "no pointer");
    repository.commit();
    repository.write("model", pointer_text('2'));
    repository.write("sub/copy", pointer_text('1'));
    repository.commit();
    repository.git({"checkout", "--quiet", "-b", "side", "HEAD~1"});
    repository.write("model", pointer_text('3'));
    repository.commit();
    repository.git({"checkout", "--quiet", "--detach", "main"});
    repository.write("model", pointer_text('4'));
    repository.commit();

    Repository opened = Repository::open(repository.path());
    const FileHistory history = FileHistory::read(opened);
    CHECK(history.paths_of(std::string(64, '1')) == std::vector<std::string>{"sub/copy", "model"});
    CHECK(history.paths_of(std::string(64, '9')).empty());
    CHECK(history.objects().size() == 4);
    CHECK(history.neighbours("model", std::string(64, '4')).size() == 3);
    CHECK(FileHistory::read(opened, 1).neighbours("model", "").size() == 1);
}

TEST_CASE("a repository without commits has no history") {
    const ScratchRepository repository;
    Repository opened = Repository::open(repository.path());
    CHECK(FileHistory::read(opened).paths_of(std::string(64, '1')).empty());
}
