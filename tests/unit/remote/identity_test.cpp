#include "remote/identity.hpp"

#include <set>
#include <thread>

#include <doctest/doctest.h>

#include "remote/file/file_engine.hpp"
#include "remote/memory_engine.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace bitx::remote;

namespace {

std::string message_of(std::string_view text) {
    try {
        parse_identity(text, "memory");
    } catch (const LayoutError& error) {
        return error.what();
    }
    return "no error";
}

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

const std::string id(32, 'a');

}  // namespace

TEST_CASE("a store is created once") {
    MemoryEngine engine;
    CHECK(!find_store(engine));
    const auto created = create_store(engine);
    CHECK(created.id.size() == 32);
    CHECK(created.format == 1);
    CHECK(create_store(engine) == created);
    CHECK(open_store(engine) == created);
    MemoryEngine another;
    CHECK(create_store(another).id != created.id);
}

TEST_CASE("racing inits agree on one id") {
    const bitx::test::TemporaryFolder folder;
    std::vector<std::string> ids(8);
    {
        std::vector<std::jthread> threads;
        for (auto& mine : ids) {
            threads.emplace_back([&] {
                FileEngine engine(folder.path() / "store");
                mine = create_store(engine).id;
            });
        }
    }
    CHECK(std::set(ids.begin(), ids.end()).size() == 1);
}

TEST_CASE("a place without bitx.json is no store, and the message says how to make one") {
    const bitx::test::TemporaryFolder folder;
    FileEngine engine(folder.path());
    CHECK_THROWS_WITH_AS(open_store(engine), doctest::Contains("git bitx init file:///"), LayoutError);
}

TEST_CASE("bitx.json: good ones") {
    const StoreIdentity identity{id, 1, {}};
    CHECK(parse_identity(format_identity(identity), "memory") == identity);
    CHECK(parse_identity(R"({"id":")" + id + R"(","format":1})", "memory") == identity);
    CHECK(parse_identity(R"({"id":")" + id + R"(","format":1,"later":[1]})", "memory") == identity);
}

TEST_CASE("bitx.json: bad ones, each with what to do") {
    for (const std::string& text :
         {std::string(), std::string("x"), std::string("[]"), std::string("{}"),
          std::string(R"({"format":"1"})"), std::string(R"({"format":-1})"), std::string(R"({"format":0})"),
          std::string(R"({"format":1})"), R"({"format":1,"id":"ABC"})" + std::string(),
          R"({"format":1,"requires":{},"id":")" + id + "\"}",
          R"({"format":1,"requires":[1],"id":")" + id + "\"}", std::string(60'000, '[')}) {
        CAPTURE(text.substr(0, 60));
        CHECK(has(message_of(text), "damaged"));
        CHECK(has(message_of(text), "backup"));
    }
    CHECK(has(message_of(R"({"format":2})"), "format 2"));
    CHECK(has(message_of(R"({"format":2})"), "install a newer git-bitx"));
    CHECK(has(message_of(R"({"format":99999999999999999999})"), "damaged"));
    CHECK(has(message_of(R"({"format":1,"requires":["zeta"],"id":")" + id + "\"}"), "\"zeta\""));
}
