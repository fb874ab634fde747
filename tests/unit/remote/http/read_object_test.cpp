#include "remote/http/read_object.hpp"

#include <string>

#include <doctest/doctest.h>

using namespace bitx::remote;

namespace {

/// A server whose next answer is given; it sends the body in two pieces.
struct Server {
    HttpResponse answer;
    std::string body;
    HttpRequest seen;
    bool dies = false;
    bool was_cut_off = true;  ///< the last answer was not taken to its end: its connection is lost

    HttpResponse operator()(HttpRequest request, const BodyRouter& route) {
        seen = std::move(request);
        was_cut_off = true;
        const Sink sink = route(answer);
        if (!sink) return answer;
        const auto bytes = std::as_bytes(std::span(body));
        sink(bytes.first(bytes.size() / 2));
        if (dies) throw UnavailableError("connection reset");
        sink(bytes.subspan(bytes.size() / 2));
        was_cut_off = false;
        return answer;
    }
};

struct Fixture {
    Server server;
    std::string got;

    std::optional<ObjectInfo> read(ByteRange range, std::string_view version = {}) {
        got.clear();
        return read_object(
            [this](HttpRequest request, const BodyRouter& route) { return server(request, route); },
            HttpRequest{}, range,
            [this](std::span<const std::byte> piece) {
                got.append(reinterpret_cast<const char*>(piece.data()), piece.size());
            },
            version, {"read", "a", "https://h"}, [](const HttpResponse&) {});
    }
    void answers(long status, std::map<std::string, std::string> headers, std::string body) {
        server.answer = {status, std::move(headers), {}};
        server.body = std::move(body);
    }
    std::string asked() const { return server.seen.headers.empty() ? "" : server.seen.headers.front().value; }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a whole object") {
    answers(200, {{"content-length", "10"}, {"etag", "\"v\""}}, "0123456789");
    const auto info = read({});
    CHECK(got == "0123456789");
    CHECK(info->size == 10);
    CHECK(info->version == "\"v\"");
    CHECK(asked().empty());
}

TEST_CASE_FIXTURE(Fixture, "a range") {
    answers(206, {{"content-length", "4"}, {"content-range", "bytes 3-6/10"}, {"etag", "W/\"v\""}}, "3456");
    const auto info = read({3, 4});
    CHECK(got == "3456");
    CHECK(info->size == 10);
    CHECK(info->version == "\"v\"");
    CHECK(asked() == "bytes=3-6");
    CHECK_MESSAGE(!server.was_cut_off, "the next request wants the connection");
    answers(206, {{"content-range", "bytes 3-9/10"}}, "3456789");
    read({3});
    CHECK(asked() == "bytes=3-");
    read({3, 100});
    CHECK(got == "3456789");
}

TEST_CASE_FIXTURE(Fixture, "a server that ignores ranges") {
    answers(200, {{"content-length", "10"}}, "0123456789");
    CHECK(read({3, 4})->size == 10);
    CHECK(got == "3456");
    CHECK_MESSAGE(server.was_cut_off, "the rest may be gigabytes");
    CHECK(read({8, 100})->size == 10);
    CHECK(got == "89");
    read({10, 1});
    CHECK(got.empty());
    answers(200, {}, "0123456789");  // chunked
    CHECK(read({3, 4})->size == 10);
    CHECK(got == "3456");
}

TEST_CASE_FIXTURE(Fixture, "an answer with another range is not taken") {
    for (const char* range :
         {"bytes 0-3/10", "bytes 4-7/10", "bytes 3-7/10", "bytes 3-2/10", "bytes 3-6/5", "bytes */10",
          "bytes 3-6/*", "3-6/10", "", "bytes 3-6", "bytes 3-99999999999999999999/10"}) {
        CAPTURE(range);
        answers(206, {{"content-range", range}}, "3456");
        CHECK_THROWS_AS(read({3, 4}), UnavailableError);
        CHECK(got.empty());
    }
}

TEST_CASE_FIXTURE(Fixture,
                  "a short body is noticed, and tells its version so that the rest can be asked for") {
    answers(206, {{"content-range", "bytes 3-6/10"}, {"etag", "\"v\""}}, "345");
    try {
        read({3, 4});
        FAIL("not noticed");
    } catch (const UnavailableError& error) {
        CHECK(error.version == "\"v\"");
    }
    answers(200, {{"content-length", "10"}, {"etag", "\"v\""}}, "0123456789");
    server.dies = true;
    try {
        read({});
        FAIL("not noticed");
    } catch (const UnavailableError& error) {
        CHECK(error.version == "\"v\"");
        CHECK(got == "01234");
    }
}

TEST_CASE_FIXTURE(Fixture, "another version is refused before its first byte") {
    answers(200, {{"content-length", "10"}, {"etag", "\"new\""}}, "0123456789");
    CHECK_THROWS_AS(read({}, "\"old\""), ChangedError);
    CHECK(got.empty());
    CHECK(read({}, "\"new\""));
}

TEST_CASE_FIXTURE(Fixture, "bytes that the server changes are refused") {
    answers(200, {{"content-length", "10"}, {"content-encoding", "gzip"}}, "0123456789");
    CHECK_THROWS_AS(read({}), UnsupportedError);
    CHECK(got.empty());
}

TEST_CASE_FIXTURE(Fixture, "each status is its own outcome") {
    const auto outcome = [&](long status) -> std::string {
        answers(status, {}, "an error page");
        try {
            return read({0, 5}) ? "object" : "past the end";
        } catch (const AbsentError&) {
            return "absent";
        } catch (const DeniedError&) {
            return "denied";
        } catch (const ChangedError&) {
            return "changed";
        } catch (const UnavailableError&) {
            return "unavailable";
        } catch (const UnsupportedError&) {
            return "unsupported";
        }
    };
    for (const long status : {404, 410}) CHECK(outcome(status) == "absent");
    for (const long status : {400, 401, 403, 407, 413, 507}) CHECK(outcome(status) == "denied");
    for (const long status : {408, 425, 429, 500, 502, 503, 504}) CHECK(outcome(status) == "unavailable");
    CHECK(outcome(412) == "changed");
    CHECK(outcome(416) == "past the end");
    CHECK(outcome(501) == "unsupported");
    CHECK(got.empty());
}

TEST_CASE_FIXTURE(Fixture, "Retry-After is kept: seconds, a date, or nonsense") {
    const auto wait = [&](const std::string& value) -> std::optional<long> {
        answers(503, {{"retry-after", value}}, "");
        try {
            read({});
        } catch (const UnavailableError& error) {
            if (error.retry_after) return error.retry_after->count();
        }
        return std::nullopt;
    };
    CHECK(wait("7") == 7);
    CHECK(wait("Thu, 01 Jan 1970 00:00:00 GMT") == 0);
    CHECK(wait("99999999999") <= 86'400);
    CHECK(!wait("soon"));
    CHECK(!wait("-1"));
}
