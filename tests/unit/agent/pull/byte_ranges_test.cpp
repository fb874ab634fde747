#include "agent/pull/byte_ranges.hpp"

#include <doctest/doctest.h>

using namespace bitx::agent;

TEST_CASE("ranges that touch or overlap are one") {
    ByteRanges ranges;
    CHECK(!ranges.contains(0, 1));
    ranges.add(10, 10);
    ranges.add(30, 10);
    CHECK(ranges.contains(10, 10));
    CHECK(ranges.contains(12, 3));
    CHECK(!ranges.contains(9, 2));
    CHECK(!ranges.contains(15, 16));
    ranges.add(20, 10);
    CHECK(ranges.contains(10, 30));
    ranges.add(5, 50);
    CHECK(ranges.contains(5, 50));
    CHECK(!ranges.contains(5, 51));
    ranges.add(100, 0);
    CHECK(!ranges.contains(100, 1));
}
