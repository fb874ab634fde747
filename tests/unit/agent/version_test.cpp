#include "agent/version.hpp"

#include <doctest/doctest.h>

TEST_CASE("the version is three numbers") {
    CHECK(bitx::agent::version().find('.') != std::string_view::npos);
}
