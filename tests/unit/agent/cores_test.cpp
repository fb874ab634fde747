#include "agent/cores.hpp"

#include <thread>

#include <doctest/doctest.h>
#include <sched.h>

#include "tests/unit/agent/scratch.hpp"

using namespace bitx::agent;

TEST_CASE("the smallest quota on the way up counts, rounded up; max is none") {
    const ScratchFolder root;
    write_file(root / "cpu.max", "400000 100000\n");
    write_file(root / "a/cpu.max", "150000 100000\n");
    write_file(root / "a/b/cpu.max", "max 100000\n");
    CHECK(cgroup_cores(root / "a/b", root.path()) == 2);
    CHECK(cgroup_cores(root.path(), root.path()) == 4);
    CHECK(cgroup_cores(root / "none", root.path()) == 4);
}

TEST_CASE("version 1 control groups: -1 is no quota") {
    const ScratchFolder root;
    write_file(root / "cpu.cfs_quota_us", "300000\n");
    write_file(root / "cpu.cfs_period_us", "100000\n");
    write_file(root / "a/cpu.cfs_quota_us", "-1\n");
    write_file(root / "a/cpu.cfs_period_us", "100000\n");
    CHECK(cgroup_cores(root / "a", root.path()) == 3);
    CHECK(cgroup_cores(root / "a", root / "a") == 0);
}

TEST_CASE("an affinity mask of one core leaves one") {
    cpu_set_t old;
    REQUIRE(::sched_getaffinity(0, sizeof old, &old) == 0);
    int first = 0;
    while (!CPU_ISSET(first, &old)) ++first;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    REQUIRE(::sched_setaffinity(0, sizeof one, &one) == 0);
    CHECK(usable_cores() == 1);
    ::sched_setaffinity(0, sizeof old, &old);
    CHECK(usable_cores() >= 1);
}
