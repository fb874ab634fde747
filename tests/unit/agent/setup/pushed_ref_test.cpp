#include "agent/setup/pushed_ref.hpp"

#include <doctest/doctest.h>

#include "agent/error.hpp"

using namespace bitx::agent;

TEST_CASE("each line is one reference") {
    const std::string a(40, 'a');
    const std::string zero(40, '0');
    const auto refs = parse_pushed_refs("refs/heads/main " + a + " refs/heads/main " + zero + "\n(delete) " +
                                        zero + " refs/heads/old " + a + "\n");
    REQUIRE(refs.size() == 2);
    CHECK(refs[0] == PushedRef{"refs/heads/main", a, "refs/heads/main", zero});
    CHECK_FALSE(refs[0].is_deletion());
    CHECK(refs[1].is_deletion());
    CHECK(parse_pushed_refs("").empty());
}

TEST_CASE("what was pushed may have spaces in it") {
    CHECK(parse_pushed_refs("HEAD^{/fix it} a refs/heads/x b\n").at(0) ==
          PushedRef{"HEAD^{/fix it}", "a", "refs/heads/x", "b"});
}

TEST_CASE("anything else is an error") {
    CHECK_THROWS_AS(parse_pushed_refs("refs/heads/main abc\n"), Error);
    CHECK_THROWS_AS(parse_pushed_refs(" a b c\n"), Error);
    CHECK_THROWS_AS(parse_pushed_refs("a\n"), Error);
    CHECK_THROWS_AS(parse_pushed_refs(" \n"), Error);
}
