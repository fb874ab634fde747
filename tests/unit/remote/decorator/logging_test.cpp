#include "remote/decorator/logging.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "remote/memory_engine.hpp"

using namespace bitx::remote;

TEST_CASE("each verb is one line, and the end is their sum") {
    std::vector<std::string> lines;
    {
        LoggingEngine engine(std::make_unique<MemoryEngine>(),
                             [&](const std::string& line) { lines.push_back(line); });
        const std::string text = "0123456789";
        engine.put("a/b", {std::as_bytes(std::span(text)), {}});
        engine.put("a/b", {std::as_bytes(std::span(text)), {}}, PutMode::create_if_absent);
        engine.head("a/b");
        engine.head("a/c");
        engine.get("a/b", {2, 3}, [](auto) {});
        CHECK_THROWS_AS(engine.get("a/c", {}, [](auto) {}), AbsentError);
        engine.list("a/", [](auto, auto) {});
        engine.remove("a/b");
    }
    const auto begins = [&](std::size_t i, const std::string& with) { return lines.at(i).starts_with(with); };
    CHECK(begins(0, "put a/b: 10 bytes, "));
    CHECK(begins(1, "put a/b: exists, "));
    CHECK(begins(2, "head a/b: 10 bytes, "));
    CHECK(begins(3, "head a/c: absent, "));
    CHECK(begins(4, "get a/b 2+3: 3 of 10 bytes, "));
    CHECK(begins(5, "get a/c: a/c does not exist"));
    CHECK(begins(6, "list a/: 1 objects, "));
    CHECK(begins(7, "remove a/b: done, "));
    CHECK(lines.at(8) == "store memory: 2 head, 2 get 3 B, 2 put 10 B, 1 list, 1 remove");
    CHECK(lines.size() == 9);
    for (const auto& line : lines) CHECK(line.find('\n') == std::string::npos);
}
