#include "agent/concurrency/lease.hpp"

#include <algorithm>
#include <atomic>
#include <thread>

#include <doctest/doctest.h>

#include "agent/concurrency/thread_pool.hpp"

using namespace bitx::agent;

TEST_CASE("no more are lent at once than the limit, and all are lent again") {
    struct Tool {
        int used = 0;
    };
    LeasePool<Tool> tools(2);
    ThreadPool pool(6);
    std::atomic<int> lent = 0;
    std::atomic<int> most = 0;
    std::atomic<int> uses = 0;
    pool.parallel_for(200, [&](std::size_t) {
        const auto tool = tools.lend();
        const int now = ++lent;
        for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
        }
        ++(*tool).used;
        std::this_thread::yield();
        --lent;
        ++uses;
    });
    CHECK(most <= 2);
    CHECK(uses == 200);
    const auto one = tools.lend();
    CHECK((*one).used > 0);
}
