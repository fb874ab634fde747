#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bitx::remote {

/// One entry of a PROPFIND's answer.
struct DavEntry {
    std::string path;  ///< of its href, percent-decoded, from the server's root, without '/' at its end
    bool is_folder = false;
    std::uint64_t size = 0;
};

/// Reads a 207's body (RFC 4918, 14.16), whatever its namespace prefixes. Throws UnavailableError for what is
/// no multistatus document: a proxy's page, a body cut short.
std::vector<DavEntry> parse_multistatus(std::string_view xml, std::string_view store);

}  // namespace bitx::remote
