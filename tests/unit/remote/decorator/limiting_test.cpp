#include "remote/decorator/limiting.hpp"

#include <atomic>
#include <latch>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "remote/memory_engine.hpp"

using namespace bitx::remote;

namespace {

std::span<const std::byte> bytes(std::string_view text) {
    return std::as_bytes(std::span(text));
}

}  // namespace

TEST_CASE("no more verbs are under way at once than there are slots") {
    LimitingEngine engine(std::make_unique<MemoryEngine>(), std::make_shared<RequestSlots>(3));
    engine.put("object", {bytes("text"), {}});
    std::atomic<int> running = 0;
    std::atomic<int> most = 0;
    std::latch three(3);  // that three run at once is waited for, not hoped for
    std::atomic<int> begun = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 12; ++i) {
            threads.emplace_back([&] {
                engine.get("object", {}, [&](auto) {
                    const int now = ++running;
                    for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
                    }
                    if (++begun <= 3) three.arrive_and_wait();
                    --running;
                });
            });
        }
    }
    CHECK(most == 3);
}

TEST_CASE("a verb that throws gives its slot back") {
    const auto slots = std::make_shared<RequestSlots>(1);
    LimitingEngine engine(std::make_unique<MemoryEngine>(), slots);
    CHECK_THROWS_AS(engine.get("absent", {}, [](auto) {}), AbsentError);
    CHECK_THROWS_AS(engine.put("../x", {}), LayoutError);
    CHECK(!engine.head("absent"));
    const auto slot = slots->try_take();
    CHECK(slot);
    CHECK(!slots->try_take());
}

TEST_CASE("all verbs pass through") {
    LimitingEngine engine(std::make_unique<MemoryEngine>(), std::make_shared<RequestSlots>(1));
    CHECK(engine.put("a/b", {bytes("text"), {}}, PutMode::create_if_absent) == PutResult::written);
    CHECK(engine.put("a/b", {bytes("other"), {}}, PutMode::create_if_absent) == PutResult::existed);
    CHECK(engine.head("a/b")->size == 4);
    int listed = 0;
    engine.list("a/", [&](auto, auto) { ++listed; });
    CHECK(listed == 1);
    engine.settle("a/b");
    engine.remove("a/b");
    CHECK(!engine.head("a/b"));
    CHECK(engine.describe() == "memory");
}
