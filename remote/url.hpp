#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace bitx::remote {

/// A store's URL in its parts, all percent-decoded.
struct StoreUrl {
    enum class Scheme { file, s3, http, https };

    Scheme scheme = Scheme::file;
    std::string user;        ///< http and https; empty: none
    std::string password;    ///< a secret: never print it
    std::string host;        ///< the bucket for s3; an IPv6 address without brackets; empty for file
    std::uint16_t port = 0;  ///< 0: the scheme's own
    std::string path;        ///< file: the absolute folder; else what follows the host, no '/' at either end

    /// The URL without user and password, as messages and `describe` show it.
    std::string redacted() const;
    /// Whether the host is this machine: localhost, 127.0.0.0/8, ::1.
    bool is_loopback() const;
};

/// Reads `file:///folder`, `s3://bucket/prefix`, `https://host/path` or `http://…`, with or without the
/// "bitx::" before it. Throws LayoutError, which names the URL without secrets, for anything else: another
/// scheme, a query or fragment, a path with "." or ".." in it.
StoreUrl parse_store_url(std::string_view text);

/// `text` with what may be a secret cut out: user and password, query, fragment. For URLs that do not parse,
/// too.
std::string redact_url(std::string_view text);

/// Percent-encodes all but RFC 3986's unreserved characters and, with `keep_slash`, '/'.
std::string percent_encode(std::string_view text, bool keep_slash = true);

/// Undoes percent_encode; a '%' without two hexadecimal digits after it stays.
std::string percent_decode(std::string_view text);

}  // namespace bitx::remote
