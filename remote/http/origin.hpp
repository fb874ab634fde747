#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace bitx::remote {

/// Where an HTTP URL leads: scheme, host in lower case, port. Credentials belong to an origin.
struct Origin {
    std::string scheme;
    std::string host;
    std::string port;

    bool operator==(const Origin&) const = default;
};

/// Throws LayoutError where `url` is no absolute URL.
Origin origin_of(std::string_view url);

/// The URL that a Location header means, seen from `base`; nothing where it is no http or https URL, or has a
/// user or password in it.
std::optional<std::string> resolve_location(std::string_view base, std::string_view location);

}  // namespace bitx::remote
