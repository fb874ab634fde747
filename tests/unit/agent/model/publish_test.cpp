#include "agent/model/publish.hpp"

#include <doctest/doctest.h>

#include "agent/error.hpp"
#include "agent/model/declare_base.hpp"
#include "tests/unit/agent/stored_files.hpp"

using namespace bitx::agent;

namespace {

const ModelName minilm{"acme", "minilm"};

std::string pointer_to(const std::string& bytes) {
    return "version https://git-lfs.github.com/spec/v1\noid sha256:" + TestStore::oid(bytes).hex() +
           "\nsize " + std::to_string(bytes.size()) + "\n";
}

/// A repository of commits first <- second, and side beside second, whose file is in the store.
struct History {
    ScratchRepository scratch;
    TestStore stored;
    std::string bytes = weights(1000, 1);
    std::string first, second, side;

    History() {
        stored.push(bytes);
        scratch.write("model", pointer_to(bytes));
        first = scratch.commit("first");
        second = scratch.commit("second");
        scratch.git({"checkout", "--quiet", "--detach", first});
        side = scratch.commit("side");
    }
};

}  // namespace

TEST_CASE("a published commit is the model's latest revision, with its LFS files") {
    History history;
    Repository repository = Repository::open(history.scratch.path());
    const Publication done = publish_commit(repository, history.stored.store(), minilm, history.second);
    CHECK(done.files == 1);
    CHECK(done.size == 2000);
    const auto latest = history.stored.store().find_latest("acme/minilm");
    REQUIRE(latest);
    CHECK(latest->revision == done.revision);
    CHECK(latest->manifest.commit == history.second);
    CHECK(latest->manifest.files ==
          std::vector<bitx::codec::ManifestFile>{{"model", 2000, TestStore::oid(history.bytes)}});
}

TEST_CASE("what was not pushed is not published, and the first missing file is named") {
    History history;
    history.scratch.write("other", pointer_text('7'));
    history.scratch.write("third", pointer_text('8'));
    const std::string commit = history.scratch.commit();
    Repository repository = Repository::open(history.scratch.path());
    CHECK_THROWS_WITH_AS(publish_commit(repository, history.stored.store(), minilm, commit),
                         doctest::Contains("'other' and 1 more file of "), Error);
    CHECK_FALSE(history.stored.store().find_latest("acme/minilm"));
}

TEST_CASE("a commit without LFS files has nothing to publish") {
    const ScratchRepository scratch;
    TestStore stored;
    const std::string commit = scratch.commit();
    Repository repository = Repository::open(scratch.path());
    CHECK_THROWS_WITH_AS(publish_commit(repository, stored.store(), minilm, commit),
                         doctest::Contains("no LFS files"), Error);
}

TEST_CASE("a name follows one history") {
    History history;
    Store& store = history.stored.store();
    Repository repository = Repository::open(history.scratch.path());
    const auto order = [&](const std::string& commit) {
        return succession(repository, store, minilm, commit);
    };
    CHECK(order(history.first) == Succession::first);
    publish_commit(repository, store, minilm, history.first);
    CHECK(order(history.first) == Succession::same);
    CHECK(order(history.second) == Succession::forward);
    publish_commit(repository, store, minilm, history.second);
    CHECK(order(history.first) == Succession::backward);
    CHECK(order(history.side) == Succession::unrelated);

    for (const auto allowed : {Succession::first, Succession::same, Succession::forward}) {
        CHECK(objection(allowed, store, minilm, history.side).empty());
    }
    for (const auto refused : {Succession::backward, Succession::unrelated}) {
        const std::string why = objection(refused, store, minilm, history.side);
        CHECK(why.find("acme/minilm") != std::string::npos);
        CHECK(why.find("--force") != std::string::npos);
    }
}

TEST_CASE("what another repository or a local model published is no ancestor") {
    History history;
    Store& store = history.stored.store();
    Repository repository = Repository::open(history.scratch.path());
    for (const std::string& commit : {std::string(), std::string(40, 'e')}) {
        store.publish({"acme/minilm", commit, {{"model", 2000, TestStore::oid(history.bytes)}}});
        CHECK(succession(repository, store, minilm, history.second) == Succession::unrelated);
    }
}

TEST_CASE("a base is the latest revision, or the one that is named by hash or its beginning") {
    TestStore stored;
    Store& store = stored.store();
    const auto publish = [&](const std::string& commit) {
        return store.publish({"acme/minilm", commit, {{"model", 1, TestStore::oid("x")}}}).hex();
    };
    const std::string one = publish(std::string(40, '1'));
    const std::string two = publish(std::string(40, '2'));
    CHECK(resolve_base(store, "acme/minilm") == DeclaredBase{minilm, two});
    CHECK(resolve_base(store, "acme/minilm@" + one) == DeclaredBase{minilm, one});
    CHECK(resolve_base(store, "acme/minilm@" + one.substr(0, 8)) == DeclaredBase{minilm, one});

    CHECK_THROWS_WITH_AS(resolve_base(store, "acme/other"), doctest::Contains("--from"), Error);
    CHECK_THROWS_WITH_AS(resolve_base(store, "acme/minilm@ffffffff"), doctest::Contains("no revision"),
                         Error);
    CHECK_THROWS_AS(resolve_base(store, "acme/minilm@" + std::string(64, 'f')), Error);
    for (const char* wrong : {"acme/minilm@", "acme/minilm@1234", "acme/minilm@HEADHEAD"}) {
        CHECK_THROWS_AS(resolve_base(store, wrong), UsageError);
    }
    CHECK_THROWS_AS(resolve_base(store, "minilm"), Error);
}
