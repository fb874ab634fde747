#include "remote/webdav/multistatus.hpp"

#include <doctest/doctest.h>

#include "remote/error.hpp"

using namespace bitx::remote;

TEST_CASE("a listing, with any namespace prefix, of paths or whole URLs") {
    const auto entries = parse_multistatus(
        R"(<?xml version="1.0"?><D:multistatus xmlns:D="DAV:" xmlns:x="y">)"
        R"(<D:response><D:href>/a%20store/</D:href><D:propstat><D:prop><D:resourcetype><D:collection/></D:resourcetype>)"
        R"(</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>)"
        R"(<D:response><D:href>https://h:81/a%20store/x</D:href><D:propstat><D:prop><D:resourcetype/>)"
        R"(<D:getcontentlength>12</D:getcontentlength></D:prop></D:propstat>)"
        R"(<D:propstat><D:prop><D:getcontentlength/></D:prop><D:status>HTTP/1.1 404</D:status></D:propstat>)"
        R"(</D:response></D:multistatus>)",
        "https://h");
    REQUIRE(entries.size() == 2);
    CHECK(entries[0].path == "/a store");
    CHECK(entries[0].is_folder);
    CHECK(entries[1].path == "/a store/x");
    CHECK(!entries[1].is_folder);
    CHECK(entries[1].size == 12);
    CHECK(parse_multistatus(R"(<multistatus xmlns="DAV:"/>)", "https://h").empty());
}

TEST_CASE("what is no listing is not an empty one") {
    for (const char* bad : {"", "<html/>", "not xml", "<multistatus><response>", "<a><multistatus/></a>"}) {
        CAPTURE(bad);
        CHECK_THROWS_AS(parse_multistatus(bad, "https://h"), UnavailableError);
    }
}
