#pragma once

#include <ctime>
#include <optional>
#include <string_view>

namespace bitx::remote {

/// The time of a Date or Retry-After header (RFC 9110, 5.6.7, its obsolete forms too); nothing for other
/// text.
std::optional<std::time_t> parse_http_date(std::string_view text);

}  // namespace bitx::remote
