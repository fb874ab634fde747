#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "remote/engine.hpp"

namespace bitx::remote {

struct HttpHeader {
    std::string name;
    std::string value;
};

struct HttpRequest {
    std::string method = "GET";
    std::string url;  ///< absolute, percent-encoded, without user and password
    std::vector<HttpHeader> headers;
    bool has_body = false;
    Body body;       ///< sent with its exact Content-Length
    ByteRange part;  ///< what of `body` is sent, counted over memory and file together
    /// How long the server may be silent, in place of the transport's own limit: it has much to do before it
    /// answers.
    std::optional<std::chrono::seconds> patience;
};

struct HttpResponse {
    long status = 0;
    std::map<std::string, std::string> headers;  ///< names in lower case; the last of a name counts
    std::string body;                            ///< unless it went to a sink

    /// A header's value, empty where it is missing. `name` in lower case.
    std::string_view header(const std::string& name) const {
        const auto found = headers.find(name);
        return found == headers.end() ? std::string_view{} : std::string_view(found->second);
    }
    bool is_success() const { return status >= 200 && status < 300; }
};

}  // namespace bitx::remote
