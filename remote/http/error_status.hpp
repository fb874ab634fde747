#pragma once

#include <string>
#include <string_view>

#include "remote/error.hpp"
#include "remote/http/message.hpp"

namespace bitx::remote {

/// What a request was about, for messages: "cannot <doing> <key> in the store <store>".
struct HttpPurpose {
    std::string_view doing;
    std::string_view key;
    std::string store;
};

/// The error that a status other than success means. `detail` is what the server says in its own words, on
/// one line; empty: nothing. Retry-After is kept.
[[noreturn]] void throw_http_error(const HttpResponse& response, const HttpPurpose& purpose,
                                   std::string_view detail = {});

/// The same for an answer that is known to be transient, whatever its status.
[[noreturn]] void throw_transient_http_error(const HttpResponse& response, const HttpPurpose& purpose,
                                             std::string_view detail);

/// Text of a server made fit for a message: control characters are blanks, at most 200 bytes.
std::string one_line(std::string_view text);

}  // namespace bitx::remote
