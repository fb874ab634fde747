#include "agent/concurrency/thread_pool.hpp"

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>

#include <doctest/doctest.h>

using namespace bitx::agent;

TEST_CASE("parallel_for calls its body once for each index, also from inside a task") {
    ThreadPool pool(3);
    std::atomic<int> calls = 0;
    pool.parallel_for(10, [&](std::size_t) { pool.parallel_for(10, [&](std::size_t) { ++calls; }); });
    CHECK(calls == 100);
    pool.parallel_for(0, [&](std::size_t) { ++calls; });
    CHECK(calls == 100);
}

TEST_CASE("parallel_for throws the first exception on, after all have ended, and begins no more") {
    ThreadPool pool(2);
    std::atomic<int> calls = 0;
    CHECK_THROWS_WITH_AS(pool.parallel_for(1000,
                                           [&](std::size_t i) {
                                               ++calls;
                                               if (i == 0) throw std::runtime_error("first");
                                               std::this_thread::sleep_for(std::chrono::milliseconds(1));
                                           }),
                         "first", std::runtime_error);
    CHECK(calls < 1000);
}

TEST_CASE("a group waits for its tasks and throws what one of them threw") {
    ThreadPool pool(2);
    std::atomic<int> done = 0;
    {
        TaskGroup group(pool);
        for (int i = 0; i < 20; ++i) group.run([&] { ++done; });
        group.wait();
    }
    CHECK(done == 20);
    TaskGroup failing(pool);
    failing.run([] { throw std::runtime_error("no"); });
    CHECK_THROWS_WITH_AS(failing.wait(), "no", std::runtime_error);
    CHECK(failing.failed());
    failing.run([&] { ++done; });
    CHECK_THROWS_AS(failing.wait(), std::runtime_error);
    CHECK(done == 20);
}
