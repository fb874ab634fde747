#include "remote/url.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "remote/error.hpp"

namespace bitx::remote {
namespace {

std::string_view scheme_name(StoreUrl::Scheme scheme) {
    switch (scheme) {
        case StoreUrl::Scheme::file:
            return "file";
        case StoreUrl::Scheme::s3:
            return "s3";
        case StoreUrl::Scheme::http:
            return "http";
        case StoreUrl::Scheme::https:
            break;
    }
    return "https";
}

[[noreturn]] void fail(std::string_view text, std::string_view why) {
    throw LayoutError("cannot use the store URL " + redact_url(text) + ": " + std::string(why));
}

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/// Decodes a part of `url`; refuses what cannot be meant.
std::string decode_part(std::string_view part, std::string_view url) {
    for (std::size_t i = 0; i < part.size(); ++i) {
        if (part[i] == '%' &&
            (i + 2 >= part.size() || hex_value(part[i + 1]) < 0 || hex_value(part[i + 2]) < 0)) {
            fail(url, "a '%' in it is not followed by two hexadecimal digits");
        }
    }
    std::string decoded = percent_decode(part);
    if (std::ranges::any_of(decoded, [](unsigned char c) { return c < 0x20 || c == 0x7f; })) {
        fail(url, "it has a control character");
    }
    return decoded;
}

StoreUrl::Scheme parse_scheme(std::string_view name, std::string_view url) {
    std::string lower(name);
    std::ranges::transform(lower, lower.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    for (const auto scheme :
         {StoreUrl::Scheme::file, StoreUrl::Scheme::s3, StoreUrl::Scheme::http, StoreUrl::Scheme::https}) {
        if (lower == scheme_name(scheme)) return scheme;
    }
    fail(url, "its scheme should be file, s3 or https");
}

void parse_authority(std::string_view authority, std::string_view url, StoreUrl& result) {
    if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
        const std::string_view user = authority.substr(0, at);
        const auto colon = user.find(':');
        result.user = decode_part(user.substr(0, colon), url);
        if (colon != std::string_view::npos) result.password = decode_part(user.substr(colon + 1), url);
        authority.remove_prefix(at + 1);
    }
    std::string_view port;
    if (authority.starts_with('[')) {
        const auto close = authority.find(']');
        if (close == std::string_view::npos) fail(url, "its host lacks a ']'");
        result.host = authority.substr(1, close - 1);
        port = authority.substr(close + 1);
    } else {
        const auto colon = std::min(authority.find(':'), authority.size());
        result.host = decode_part(authority.substr(0, colon), url);
        port = authority.substr(colon);
    }
    constexpr std::string_view host_characters = "-._:";
    const bool plain = std::ranges::all_of(result.host, [&](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) || host_characters.find(c) != std::string::npos;
    });
    if (!plain) fail(url, "its host has a character that no host name has");
    if (port.empty() || port == ":") return;
    port.remove_prefix(1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), result.port);
    if (error != std::errc() || end != port.data() + port.size() || result.port == 0) {
        fail(url, "its port is not a number from 1 to 65535");
    }
}

void check_path(std::string_view path, std::string_view url) {
    for (std::size_t start = 0; start <= path.size();) {
        const std::size_t end = std::min(path.find('/', start), path.size());
        const std::string_view part = path.substr(start, end - start);
        if (part == "." || part == "..") fail(url, "its path has a '.' or '..' in it");
        start = end + 1;
    }
}

}  // namespace

StoreUrl parse_store_url(std::string_view text) {
    std::string_view rest = text;
    if (rest.starts_with("bitx::")) rest.remove_prefix(6);
    const auto colon = rest.find("://");
    if (colon == std::string_view::npos) {
        fail(text, "it should read file:///folder, s3://bucket/prefix or https://host/path");
    }
    StoreUrl url;
    url.scheme = parse_scheme(rest.substr(0, colon), text);
    rest.remove_prefix(colon + 3);
    if (rest.find_first_of("?#") != std::string_view::npos)
        fail(text, "it has a '?' or '#' (write %3F, %23)");
    const auto slash = std::min(rest.find('/'), rest.size());
    parse_authority(rest.substr(0, slash), text, url);
    std::string_view path = rest.substr(slash);
    while (path.ends_with('/')) path.remove_suffix(1);
    if (url.scheme == StoreUrl::Scheme::file) {
        if (!url.host.empty() && url.host != "localhost") {
            fail(text, "a folder's URL has no host: file:/// and the path");
        }
        url.host.clear();
        if (path.empty()) fail(text, "it names no folder");
    } else {
        if (url.host.empty()) fail(text, url.scheme == StoreUrl::Scheme::s3 ? "no bucket" : "no host");
        while (path.starts_with('/')) path.remove_prefix(1);
    }
    if (url.scheme == StoreUrl::Scheme::s3 && (!url.user.empty() || url.port != 0)) {
        fail(text, "a bucket has no user and no port; configure the endpoint with bitx.<url>.endpoint");
    }
    url.path = decode_part(path, text);
    check_path(url.path, text);
    return url;
}

std::string StoreUrl::redacted() const {
    std::string text = std::string(scheme_name(scheme)) + "://";
    const bool is_ipv6 = host.find(':') != std::string::npos;
    text.append(is_ipv6 ? "[" : "").append(host).append(is_ipv6 ? "]" : "");
    if (port != 0) text.append(":").append(std::to_string(port));
    if (scheme != Scheme::file && !path.empty()) text += "/";
    return text + percent_encode(path);
}

bool StoreUrl::is_loopback() const {
    if (host == "localhost" || host == "::1") return true;
    // 127.0.0.0/8 as four numbers, and not a name like 127.0.0.1.example.org.
    return host.starts_with("127.") && std::ranges::count(host, '.') == 3 &&
           host.find_first_not_of("0123456789.") == std::string::npos;
}

std::string redact_url(std::string_view text) {
    std::string shown(text);
    const auto scheme = shown.find("://");
    const auto start = scheme == std::string::npos ? 0 : scheme + 3;
    // Up to the last '@', wherever it is: a password may hold '/' or '?' that should have been encoded.
    if (const auto at = shown.rfind('@'); at != std::string::npos && at >= start) {
        shown.erase(start, at + 1 - start);
    }
    return shown.substr(0, shown.find_first_of("?#"));
}

std::string percent_decode(std::string_view text) {
    std::string decoded;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const int high = text[i] == '%' && i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
        const int low = high >= 0 ? hex_value(text[i + 2]) : -1;
        if (low < 0) {
            decoded += text[i];
        } else {
            decoded += static_cast<char>(high * 16 + low);
            i += 2;
        }
    }
    return decoded;
}

std::string percent_encode(std::string_view text, bool keep_slash) {
    constexpr char digits[] = "0123456789ABCDEF";
    std::string encoded;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool unreserved = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                c == '-' || c == '.' || c == '_' || c == '~';
        if (unreserved || (keep_slash && c == '/')) {
            encoded += c;
        } else {
            encoded += '%';
            encoded += digits[byte >> 4];
            encoded += digits[byte & 15];
        }
    }
    return encoded;
}

}  // namespace bitx::remote
