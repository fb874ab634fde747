#include "agent/concurrency/in_order.hpp"

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "agent/concurrency/thread_pool.hpp"

using namespace bitx::agent;

TEST_CASE("results are taken in the order of their tasks, and no task runs far ahead") {
    ThreadPool pool(4);
    std::vector<std::size_t> taken;
    std::atomic<std::size_t> next = 0;
    InOrder<std::size_t> in_order(200, 3, [&](std::size_t i) {
        taken.push_back(i);
        next = i + 1;
    });
    std::atomic<bool> too_far = false;
    pool.parallel_for(200, [&](std::size_t i) {
        in_order.run(i, [&] {
            if (i >= next + 3) too_far = true;
            if (i % 3 == 0) std::this_thread::yield();
            return i;
        });
    });
    CHECK(!too_far);
    REQUIRE(taken.size() == 200);
    for (std::size_t i = 0; i < taken.size(); ++i) CHECK(taken[i] == i);
}

TEST_CASE("a task that throws ends all of them") {
    ThreadPool pool(4);
    std::atomic<std::size_t> taken = 0;
    InOrder<int> in_order(100, 2, [&](int) { ++taken; });
    CHECK_THROWS_WITH_AS(pool.parallel_for(100,
                                           [&](std::size_t i) {
                                               in_order.run(i, [&]() -> int {
                                                   if (i == 10) throw std::runtime_error("no");
                                                   return 0;
                                               });
                                           }),
                         "no", std::runtime_error);
    CHECK(taken <= 10);
}
