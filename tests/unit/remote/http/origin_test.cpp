#include "remote/http/origin.hpp"

#include <doctest/doctest.h>

#include "remote/error.hpp"

using namespace bitx::remote;

TEST_CASE("an origin is scheme, host and port") {
    CHECK(origin_of("https://Example.org/a") == origin_of("https://example.org:443/b"));
    CHECK(origin_of("https://example.org/") != origin_of("http://example.org/"));
    CHECK(origin_of("https://example.org/") != origin_of("https://example.org:8443/"));
    CHECK(origin_of("https://example.org/") != origin_of("https://example.org.evil.test/"));
    CHECK(origin_of("https://example.org/") != origin_of("https://example.org@evil.test/"));
    CHECK_THROWS_AS(origin_of("no url"), LayoutError);
}

TEST_CASE("a Location is resolved against the request's URL") {
    CHECK(resolve_location("https://h/a/b", "/c") == "https://h/c");
    CHECK(resolve_location("https://h/a/b", "c") == "https://h/a/c");
    CHECK(resolve_location("https://h/a/b", "//other/c") == "https://other/c");
    CHECK(resolve_location("https://h/a/b", "http://other:81/c?x=1#f") == "http://other:81/c?x=1");
    CHECK(!resolve_location("https://h/a/b", ""));
    CHECK(!resolve_location("https://h/a/b", "file:///etc/passwd"));
    CHECK(!resolve_location("https://h/a/b", "https://user:pw@other/"));
}
