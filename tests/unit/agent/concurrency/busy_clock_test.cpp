#include "agent/concurrency/busy_clock.hpp"

#include <optional>
#include <thread>

#include <doctest/doctest.h>

using namespace bitx::agent;

TEST_CASE("what overlaps is counted once, and what lies between not at all") {
    constexpr std::chrono::milliseconds step{20};
    const auto begin = std::chrono::steady_clock::now();
    BusyClock clock;
    CHECK(clock.busy().count() == 0);
    std::optional<BusyClock::Span> one(clock);
    std::this_thread::sleep_for(step);
    std::optional<BusyClock::Span> other(clock);
    std::this_thread::sleep_for(step);
    CHECK(clock.busy() >= 2 * step);
    one.reset();
    std::this_thread::sleep_for(step);
    other.reset();
    const auto busy = clock.busy();
    CHECK(busy >= 3 * step);
    CHECK(busy <= std::chrono::steady_clock::now() - begin);
    std::this_thread::sleep_for(step);
    CHECK(clock.busy() == busy);
}
