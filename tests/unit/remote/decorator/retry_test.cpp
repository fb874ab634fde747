#include "remote/decorator/retry.hpp"

#include <deque>

#include <doctest/doctest.h>

#include "remote/decorator/metering.hpp"
#include "remote/memory_engine.hpp"

using namespace bitx::remote;
using namespace std::chrono_literals;

namespace {

/// A store in memory whose gets and puts fail as told: after so many bytes of the next get, or at once.
class FlakyEngine final : public Engine {
  public:
    std::optional<ObjectInfo> head(std::string_view key) override {
        fail_if_told(0);
        return inner.head(key);
    }
    ObjectInfo get(std::string_view key, ByteRange range, const Sink& sink,
                   std::string_view version) override {
        ++gets;
        if (failures.empty()) return inner.get(key, range, sink, version);
        const std::uint64_t length = std::min(range.length, failures.front());
        const auto info = inner.get(key, {range.offset, length}, sink, version);
        if (after_failure) after_failure();
        fail_if_told(info.size, tell_version ? info.version : "");
        return info;
    }
    PutResult put(std::string_view key, const Body& body, PutMode mode) override {
        const auto result = inner.put(key, body, mode);
        fail_if_told(0);
        return result;
    }
    void list(std::string_view prefix,
              const std::function<void(std::string_view, std::uint64_t)>& each) override {
        std::uint64_t count = 0;
        inner.list(prefix, [&](std::string_view key, std::uint64_t size) {
            if (!failures.empty() && count++ == failures.front()) fail_if_told(0);
            each(key, size);
        });
    }
    void remove(std::string_view key) override {
        fail_if_told(0);
        inner.remove(key);
    }
    std::string describe() const override { return "flaky"; }

    void fail_if_told(std::uint64_t, std::string version = {}) {
        if (failures.empty()) return;
        failures.pop_front();
        UnavailableError error("503 from flaky");
        error.version = std::move(version);
        error.retry_after = retry_after;
        throw error;
    }

    MemoryEngine inner;
    std::deque<std::uint64_t> failures;
    std::optional<std::chrono::seconds> retry_after;
    std::function<void()> after_failure;
    bool tell_version = true;
    int gets = 0;
};

struct Fixture {
    std::vector<std::chrono::milliseconds> waits;
    FlakyEngine* flaky = new FlakyEngine;
    RetryEngine engine{std::unique_ptr<Engine>(flaky),
                       RetryPolicy{100ms, 1'000ms, 5'000ms, [this](auto wait) { waits.push_back(wait); }}};

    void put(std::string_view key, std::string_view text) {
        flaky->inner.put(key, {std::as_bytes(std::span(text)), {}});
    }
    std::string get(std::string_view key, ByteRange range = {}, std::string_view version = {}) {
        std::string text;
        engine.get(
            key, range,
            [&](std::span<const std::byte> piece) {
                text.append(reinterpret_cast<const char*>(piece.data()), piece.size());
            },
            version);
        return text;
    }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "what is unavailable is tried again, with growing waits") {
    put("a", "hello");
    flaky->failures = {0, 0, 0, 0, 0};
    CHECK(engine.head("a")->size == 5);
    REQUIRE(waits.size() == 5);
    auto longest = 100ms;
    for (const auto wait : waits) {
        CHECK(wait >= longest / 2);
        CHECK(wait <= longest);
        longest = std::min(longest * 2, 1'000ms);
    }
}

TEST_CASE_FIXTURE(Fixture, "the server's Retry-After counts") {
    put("a", "hello");
    flaky->failures = {0};
    flaky->retry_after = 3s;
    CHECK(engine.head("a"));
    CHECK(waits == std::vector<std::chrono::milliseconds>{3s});
}

TEST_CASE_FIXTURE(Fixture, "there is a limit, and the message says how often was tried") {
    flaky->failures.assign(100, 0);
    CHECK_THROWS_WITH_AS(engine.head("a"), doctest::Contains("503 from flaky (tried "), UnavailableError);
    CHECK(waits.size() > 5);
    CHECK(waits.size() < 20);
    flaky->retry_after = 3600s;
    waits.clear();
    CHECK_THROWS_AS(engine.remove("a"), UnavailableError);
    CHECK(waits.empty());
}

TEST_CASE_FIXTURE(Fixture, "a store that has never answered is not waited for so long") {
    const RetryPolicy policy{100ms, 1'000ms, 5'000ms, [this](auto wait) { waits.push_back(wait); }, 300ms};
    flaky = new FlakyEngine;
    RetryEngine never(std::unique_ptr<Engine>(flaky), policy);
    put("a", "hello");
    flaky->failures.assign(100, 0);
    CHECK_THROWS_AS(never.get("a", {}, [](auto) {}), UnavailableError);
    const auto tries_before = waits.size();
    CHECK(tries_before <= 6);

    waits.clear();
    flaky->failures.clear();
    CHECK_THROWS_AS(never.get("b", {}, [](auto) {}), AbsentError);  // an answer
    flaky->failures.assign(100, 0);
    CHECK_THROWS_AS(never.get("a", {}, [](auto) {}), UnavailableError);
    CHECK(waits.size() > tries_before);
}

TEST_CASE_FIXTURE(Fixture, "what was tried long enough further down is not tried again") {
    RetryEngine outer(std::make_unique<RetryEngine>(std::unique_ptr<Engine>(flaky = new FlakyEngine),
                                                    RetryPolicy{100ms, 100ms, 300ms, [](auto) {}}),
                      RetryPolicy{100ms, 1'000ms, 5'000ms, [this](auto wait) { waits.push_back(wait); }});
    flaky->failures.assign(100, 0);
    CHECK_THROWS_WITH_AS(outer.head("a"), doctest::Contains("(tried "), UnavailableError);
    CHECK(waits.empty());
}

TEST_CASE_FIXTURE(Fixture, "nothing else is tried again") {
    CHECK_THROWS_AS(get("absent"), AbsentError);
    CHECK_THROWS_AS(get("../a"), LayoutError);
    CHECK(waits.empty());
}

TEST_CASE_FIXTURE(Fixture, "a get goes on where it stopped") {
    put("a", "0123456789");
    flaky->failures = {3, 0, 4};
    CHECK(get("a") == "0123456789");
    flaky->failures = {2, 2};
    CHECK(get("a", {1, 7}) == "1234567");
}

TEST_CASE_FIXTURE(Fixture, "progress renews the patience") {
    put("a", std::string(200, 'x'));
    flaky->failures.assign(199, 1);
    CHECK(get("a").size() == 200);
}

TEST_CASE_FIXTURE(Fixture, "two versions are never put together") {
    put("a", "0123456789");
    flaky->failures = {3};
    flaky->after_failure = [&] { put("a", "abcdefghij"); };
    SUBCASE("the first answer told its version") {
        CHECK_THROWS_AS(get("a"), ChangedError);
    }
    SUBCASE("the caller pinned it") {
        CHECK_THROWS_AS(get("a", {}, flaky->inner.head("a")->version), ChangedError);
    }
    SUBCASE("no version is known") {
        flaky->tell_version = false;
        CHECK_THROWS_AS(get("a"), UnavailableError);
        CHECK(flaky->gets == 1);
    }
}

TEST_CASE_FIXTURE(Fixture, "what the sink throws is not the store's fault") {
    put("a", "0123456789");
    int calls = 0;
    const auto sink = [&](auto) {
        ++calls;
        throw UnavailableError("another store's");
    };
    CHECK_THROWS_AS(engine.get("a", {}, sink), UnavailableError);
    CHECK(calls == 1);
}

TEST_CASE_FIXTURE(Fixture, "a put whose answer was lost is repeated") {
    flaky->failures = {0};
    const std::string_view text = "x";
    CHECK(engine.put("a", {std::as_bytes(std::span(text)), {}}) == PutResult::written);
    CHECK(get("a") == "x");
    flaky->failures = {0};
    CHECK(engine.put("b", {std::as_bytes(std::span(text)), {}}, PutMode::create_if_absent) ==
          PutResult::existed);
}

TEST_CASE_FIXTURE(Fixture, "a list that is repeated names no key twice") {
    for (const char* key : {"a/1", "a/2", "a/3"}) put(key, "x");
    flaky->failures = {2, 1};
    std::string keys;
    engine.list("a/", [&](std::string_view key, auto) { keys += std::string(key) + " "; });
    CHECK(keys == "a/1 a/2 a/3 ");
}

TEST_CASE("metering counts calls and bytes by verb") {
    MeteringEngine engine(std::make_unique<MemoryEngine>());
    CHECK(engine.traffic().text() == "no requests");
    const std::string text(1234, 'x');
    engine.put("a", {std::as_bytes(std::span(text)), {}});
    engine.put("a", {std::as_bytes(std::span(text)), {}}, PutMode::create_if_absent);
    engine.get("a", {0, 10}, [](auto) {});
    engine.head("a");
    CHECK_THROWS(engine.get("b", {}, [](auto) {}));
    const auto traffic = engine.traffic();
    CHECK(traffic[Verb::put].requests == 2);
    CHECK(traffic[Verb::put].bytes == 1234);
    CHECK(traffic[Verb::get].requests == 2);
    CHECK(traffic[Verb::get].bytes == 10);
    CHECK(traffic.requests() == 5);
    CHECK(traffic.text() == "1 head, 2 get 10 B, 2 put 1.2 kB");
}
