#include "remote/url.hpp"

#include <doctest/doctest.h>

#include "remote/error.hpp"
#include "remote/open.hpp"

using namespace bitx::remote;
using Scheme = StoreUrl::Scheme;

TEST_CASE("a folder") {
    for (const char* text :
         {"file:///srv/models", "bitx::file:///srv/models", "file://localhost/srv/models/"}) {
        CAPTURE(text);
        const auto url = parse_store_url(text);
        CHECK(url.scheme == Scheme::file);
        CHECK(url.path == "/srv/models");
        CHECK(url.redacted() == "file:///srv/models");
    }
    CHECK(parse_store_url("file:///srv/my%20models").path == "/srv/my models");
    CHECK(parse_store_url("file:///srv/my models").redacted() == "file:///srv/my%20models");
}

TEST_CASE("a bucket") {
    const auto url = parse_store_url("s3://models/team-a/x");
    CHECK(url.scheme == Scheme::s3);
    CHECK(url.host == "models");
    CHECK(url.path == "team-a/x");
    CHECK(url.redacted() == "s3://models/team-a/x");
    CHECK(parse_store_url("s3://models").path.empty());
    CHECK(parse_store_url("s3://models/").redacted() == "s3://models");
}

TEST_CASE("a server") {
    const auto url = parse_store_url("https://ann:pa%40ss@dav.example.org:8443/a%20b/c/");
    CHECK(url.scheme == Scheme::https);
    CHECK(url.user == "ann");
    CHECK(url.password == "pa@ss");
    CHECK(url.host == "dav.example.org");
    CHECK(url.port == 8443);
    CHECK(url.path == "a b/c");
    CHECK(url.redacted() == "https://dav.example.org:8443/a%20b/c");
    CHECK(parse_store_url("http://[::1]:80/x").host == "::1");
    CHECK(parse_store_url("http://[::1]:80/x").redacted() == "http://[::1]:80/x");
    CHECK(parse_store_url("HTTPS://h").scheme == Scheme::https);
}

TEST_CASE("URLs that are refused") {
    for (const char* bad : {"",
                            "/srv/models",
                            "srv",
                            "ssh://host/x",
                            "file://",
                            "file:///",
                            "file://host/x",
                            "file://srv",
                            "s3://",
                            "s3:///x",
                            "https://",
                            "https:///x",
                            "https://h:0/",
                            "https://h:99999/",
                            "https://h:8x/",
                            "https://h/a/../b",
                            "https://h/%2e%2e/b",
                            "file:///a/./b",
                            "https://h/a?b",
                            "https://h/a#b",
                            "https://h/a%2",
                            "https://h/a%zz",
                            "https://h/%00",
                            "https://h%0d%0a/",
                            "https://[::1/",
                            "https://a b/",
                            "s3://key@bucket/x",
                            "s3://bucket:9000/x",
                            "bitx::bitx::file:///x"}) {
        CAPTURE(bad);
        CHECK_THROWS_AS(parse_store_url(bad), LayoutError);
    }
}

TEST_CASE("no message holds a secret") {
    CHECK(redact_url("https://ann:secret@h/x?sig=secret#f") == "https://h/x");
    CHECK(redact_url("bitx::https://secret@h") == "bitx::https://h");
    for (const char* bad : {"https://ann:secret@h:0/x", "https://ann:secret/@h/x", "https://ann:secret?@h/x",
                            "ssh://ann:secret@h/x", "https://h/x?token=secret", "ann:secret@h"}) {
        CAPTURE(bad);
        try {
            parse_store_url(bad);
            FAIL("accepted");
        } catch (const LayoutError& error) {
            CHECK(std::string(error.what()).find("secret") == std::string::npos);
        }
    }
}

TEST_CASE("loopback is this machine and nothing that looks like it") {
    for (const char* host : {"localhost", "127.0.0.1", "127.9.9.9", "[::1]"}) {
        CAPTURE(host);
        CHECK(parse_store_url(std::string("http://") + host + "/").is_loopback());
    }
    for (const char* host :
         {"127.0.0.1.example.org", "127.example.org.x", "localhost.example.org", "128.0.0.1"}) {
        CAPTURE(host);
        CHECK(!parse_store_url(std::string("http://") + host + "/").is_loopback());
    }
}

TEST_CASE("plain HTTP to another machine needs the user's word") {
    CHECK_THROWS_WITH_AS(open_engine(parse_store_url("http://ann:secret@h/x")),
                         doctest::Contains("bitx.http://h/x.allowHttp"), DeniedError);
}

TEST_CASE("percent-encoding") {
    CHECK(percent_encode("a b/c~-._+%") == "a%20b/c~-._%2B%25");
    CHECK(percent_encode("a/b", false) == "a%2Fb");
    CHECK(percent_encode("\xc3\xa9") == "%C3%A9");
}
