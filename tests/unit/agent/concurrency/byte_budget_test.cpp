#include "agent/concurrency/byte_budget.hpp"

#include <atomic>
#include <chrono>
#include <thread>

#include <doctest/doctest.h>

using namespace bitx::agent;

TEST_CASE("a share waits until there is room, and what is more than everything waits for everything") {
    ByteBudget budget(10);
    ByteBudget::Share first(budget, 8);
    std::atomic<bool> got = false;
    std::jthread second([&] {
        const ByteBudget::Share share(budget, 20);
        got = true;
    });
    first.shrink(3);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    CHECK(!got);
    first.shrink(5);  // grows nothing
    first.shrink(0);
    second.join();
    CHECK(got);
    const ByteBudget::Share all(budget, 10);
}
