#include <atomic>
#include <fstream>
#include <string>
#include <thread>

#include <doctest/doctest.h>

#include "tests/conformance/subject.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace bitx::remote;
using namespace bitx::test;

TEST_CASE("what was put is got, byte for byte") {
    for (const std::size_t size : {0UL, 1UL, 4096UL, (1UL << 20) + 7, 9UL << 20}) {
        CAPTURE(size);
        if (size == 0 && lacks("empty-objects")) continue;
        const std::string key = fresh_key("object");
        const auto bytes = noise(size);
        CHECK(subject().put(key, {bytes, {}}) == PutResult::written);
        CHECK(get_all(key) == bytes);
        const auto info = subject().head(key);
        REQUIRE(info);
        CHECK(info->size == size);
        CHECK(!info->version.empty());
    }
}

TEST_CASE("a file is put as it is") {
    const TemporaryFolder folder;
    for (const std::size_t size : {0UL, 3UL, (5UL << 20) + 1}) {
        CAPTURE(size);
        if (size == 0 && lacks("empty-objects")) continue;
        const auto bytes = noise(size, 2);
        const auto path = folder.path() / "body";
        std::ofstream(path, std::ios::binary)
            .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(size));
        const std::string key = fresh_key("object");
        CHECK(subject().put(key, {{}, path}) == PutResult::written);
        CHECK(get_all(key) == bytes);

        const auto before = noise(1000, 3);
        auto both = before;
        both.insert(both.end(), bytes.begin(), bytes.end());
        CHECK(subject().put(key, {before, path}) == PutResult::written);
        CHECK_MESSAGE(get_all(key) == both, "what is in memory comes first");
    }
    CHECK_THROWS_AS(subject().put(fresh_key("object"), {{}, folder.path() / "no such file"}),
                    std::runtime_error);
}

TEST_CASE("what is absent is said to be absent") {
    const std::string key = fresh_key("absent");
    CHECK(!subject().head(key));
    CHECK_THROWS_AS(get_text(key), AbsentError);
    CHECK_THROWS_AS(get_text(key, {0, 0}), AbsentError);
    CHECK_NOTHROW(subject().remove(key));
    put_text(fresh_key("x") + "/below", "x");
    const std::string folder = fresh_key("folder");
    put_text(folder + "/object", "x");
    CHECK_MESSAGE(!subject().head(folder), "a folder is no object");
    CHECK_THROWS_AS(get_text(folder), AbsentError);
}

TEST_CASE("a get delivers its range, and no more than there is") {
    const std::string key = fresh_key("object");
    put_text(key, "0123456789");
    CHECK(get_text(key, {3, 4}) == "3456");
    CHECK(get_text(key, {0, 1}) == "0");
    CHECK(get_text(key, {9, 1}) == "9");
    CHECK(get_text(key, {3}) == "3456789");
    CHECK(get_text(key, {7, 100}) == "789");
    CHECK(get_text(key, {7, UINT64_MAX}) == "789");
    CHECK(get_text(key, {10, 1}).empty());
    CHECK(get_text(key, {100, 5}).empty());
    CHECK(get_text(key, {4, 0}).empty());
    const auto info = subject().get(key, {3, 4}, [](auto) {});
    CHECK_MESSAGE(info.size == 10, "the size is the whole object's");
    CHECK(info.version == subject().head(key)->version);
}

TEST_CASE("a pinned version is delivered, or nothing") {
    const std::string key = fresh_key("object");
    put_text(key, "the first");
    const std::string first = subject().head(key)->version;
    CHECK(get_text(key, {}, first) == "the first");
    CHECK(get_text(key, {4, 5}, first) == "first");
    put_text(key, "another one");
    CHECK(subject().head(key)->version != first);
    bool delivered = false;
    CHECK_THROWS_AS(subject().get(
                        key, {4, 5}, [&](auto) { delivered = true; }, first),
                    ChangedError);
    CHECK_THROWS_AS(subject().get(
                        key, {}, [&](auto) { delivered = true; }, first),
                    ChangedError);
    CHECK(!delivered);
    subject().remove(key);
    CHECK_THROWS_AS(get_text(key, {}, first), Error);
}

TEST_CASE("put replaces") {
    const std::string key = fresh_key("object");
    put_text(key, "a longer first version");
    CHECK(put_text(key, "second") == PutResult::written);
    CHECK(get_text(key) == "second");
}

TEST_CASE("create-if-absent leaves what exists as it is") {
    if (lacks("create-if-absent")) return;
    const std::string key = fresh_key("object");
    CHECK(put_text(key, "first", PutMode::create_if_absent) == PutResult::written);
    CHECK(put_text(key, "second", PutMode::create_if_absent) == PutResult::existed);
    CHECK(get_text(key) == "first");
}

TEST_CASE("of many writers that create one object at once, one wins") {
    if (lacks("create-if-absent")) return;
    const std::string key = fresh_key("object");
    std::atomic<int> winners = 0;
    std::atomic<int> winner = -1;
    {
        std::vector<std::jthread> writers;
        for (int i = 0; i < 4; ++i) {
            writers.emplace_back([&, i] {
                if (put_text(key, "by " + std::to_string(i), PutMode::create_if_absent) ==
                    PutResult::written) {
                    ++winners;
                    winner = i;
                }
            });
        }
    }
    // A server that looks first and writes then lets several win; what is there is whole even so.
    if (lacks("atomic-create")) {
        CHECK(winners >= 1);
        CHECK(get_text(key).starts_with("by "));
        return;
    }
    CHECK(winners == 1);
    CHECK(get_text(key) == "by " + std::to_string(winner));
}

TEST_CASE("a reader never sees part of a put") {
    if (lacks("atomic-replace")) return;
    const std::string key = fresh_key("object");
    const auto one = noise(300'000, 1);
    const auto two = noise(200'000, 2);
    subject().put(key, {one, {}});
    std::jthread writer([&](const std::stop_token& stop) {
        for (int i = 0; !stop.stop_requested(); ++i) subject().put(key, {i % 2 == 0 ? two : one, {}});
    });
    for (int i = 0; i < 30; ++i) {
        try {
            const auto seen = get_all(key);
            CHECK((seen == one || seen == two));
        } catch (const ChangedError&) {
        }
    }
}

TEST_CASE("many threads use one engine") {
    const std::string folder = fresh_key("many");
    std::atomic<int> wrong = 0;
    {
        std::vector<std::jthread> threads;
        for (unsigned t = 0; t < 6; ++t) {
            threads.emplace_back([&, t] {
                for (unsigned i = 0; i < 5; ++i) {
                    const std::string key = folder + "/" + std::to_string(t) + "/" + std::to_string(i);
                    const auto bytes = noise(20'000, t * 10 + i);
                    try {
                        subject().put(key, {bytes, {}});
                        if (get_all(key) != bytes) ++wrong;
                    } catch (const std::exception& error) {
                        ++wrong;
                        MESSAGE(std::string(error.what()));
                    }
                }
            });
        }
    }
    CHECK(wrong == 0);
}

TEST_CASE("list gives the keys that begin so") {
    if (lacks("list")) {
        CHECK_THROWS_AS(listed("conformance/"), UnsupportedError);
        return;
    }
    const std::string folder = fresh_key("list");
    for (const char* name : {"/a/1", "/a/2", "/ab/3", "/b.x/y_z-0/4"}) put_text(folder + name, name);
    const auto keys = [&](std::initializer_list<std::string> names) {
        std::set<std::string> all;
        for (const auto& name : names) all.insert(folder + name);
        return all;
    };
    CHECK(listed(folder + "/") == keys({"/a/1", "/a/2", "/ab/3", "/b.x/y_z-0/4"}));
    CHECK(listed(folder + "/a/") == keys({"/a/1", "/a/2"}));
    CHECK(listed(folder + "/a") == keys({"/a/1", "/a/2", "/ab/3"}));
    CHECK(listed(folder + "/b.x/y") == keys({"/b.x/y_z-0/4"}));
    CHECK(listed(folder + "/none/").empty());
    subject().list(folder + "/ab/", [](auto, std::uint64_t size) { CHECK(size == 5); });
    CHECK(listed("").contains(folder + "/a/1"));
}

TEST_CASE("list goes through more keys than a page holds") {
    if (lacks("list") || lacks("many-keys")) return;
    const std::string folder = fresh_key("pages");
    std::atomic<int> next = 0;
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 8; ++t) {
            threads.emplace_back([&] {
                for (int i; (i = next++) < 1100;) put_text(folder + "/" + std::to_string(i), "x");
            });
        }
    }
    CHECK(listed(folder + "/").size() == 1100);
}

TEST_CASE("remove removes") {
    const std::string key = fresh_key("object");
    put_text(key, "x");
    subject().remove(key);
    CHECK(!subject().head(key));
    CHECK_THROWS_AS(get_text(key), AbsentError);
    put_text(key, "again");
    CHECK(get_text(key) == "again");
}

TEST_CASE("what was put can be settled") {
    const std::string key = fresh_key("object");
    put_text(key, "x");
    CHECK_NOTHROW(subject().settle(key));
    CHECK_NOTHROW(subject().settle(key));
}

TEST_CASE("what a sink throws ends the get, and the engine goes on working") {
    const std::string key = fresh_key("object");
    const auto bytes = noise(3 << 20);
    subject().put(key, {bytes, {}});
    struct Enough {};
    CHECK_THROWS_AS(subject().get(key, {}, [](auto) { throw Enough(); }), Enough);
    CHECK(get_all(key) == bytes);
}

TEST_CASE("no key leaves the store") {
    for (const char* bad : {"", "/etc/passwd", "../x", "a/../../x", "a//b", "a b", "a?b", "a%2e"}) {
        CAPTURE(bad);
        CHECK_THROWS_AS(subject().head(bad), LayoutError);
        CHECK_THROWS_AS(get_text(bad), LayoutError);
        CHECK_THROWS_AS(put_text(bad, "x"), LayoutError);
        CHECK_THROWS_AS(subject().remove(bad), LayoutError);
    }
}
