#include "remote/engine.hpp"

#include <doctest/doctest.h>

using namespace bitx::remote;

TEST_CASE("a key stays inside the store") {
    CHECK_NOTHROW(check_key("blobs/aa/bb/0123.0"));
    CHECK_NOTHROW(check_key("models/acme/mini.lm_v2/latest"));
    for (const char* bad : {"", "/etc/passwd", "a//b", "a/", "a/../b", "./a", "a b", "a%2fb", "a\\b"}) {
        CAPTURE(bad);
        CHECK_THROWS_AS(check_key(bad), LayoutError);
    }
}
