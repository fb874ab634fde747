#include "remote/http/date.hpp"

#include <string>

#include <curl/curl.h>

namespace bitx::remote {

std::optional<std::time_t> parse_http_date(std::string_view text) {
    const time_t time = curl_getdate(std::string(text).c_str(), nullptr);
    if (time < 0) return std::nullopt;
    return time;
}

}  // namespace bitx::remote
