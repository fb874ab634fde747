#include "agent/git/lfs_pointer.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace bitx::agent {

namespace {

constexpr std::array<std::string_view, 3> versions{
    "https://git-lfs.github.com/spec/v1", "https://hawser.github.com/spec/v1", "http://git-media.io/v/2"};
constexpr std::array<std::string_view, 3> keys{"version", "oid", "size"};
constexpr std::string_view oid_type = "sha256:";

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_oid(std::string_view text) {
    return text.size() == 64 &&
           std::ranges::all_of(text, [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); });
}

bool is_extension(std::string_view key, std::string_view value) {
    return key.size() > 6 && key.starts_with("ext-") && is_digit(key[4]) && key[5] == '-' &&
           value.starts_with(oid_type) && is_oid(value.substr(oid_type.size()));
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
    std::int64_t size = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
    if (error != std::errc() || end != text.data() + text.size() || size < 0) return std::nullopt;
    return static_cast<std::uint64_t>(size);
}

}  // namespace

std::optional<LfsPointer> parse_lfs_pointer(std::string_view text) {
    if (text.size() >= lfs_pointer_limit) return std::nullopt;
    std::array<std::string_view, 3> values;
    std::size_t found = 0;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.find_first_not_of(" \t") == std::string_view::npos) continue;
        const std::size_t space = line.find(' ');
        if (space == std::string_view::npos || found == keys.size()) return std::nullopt;
        const std::string_view key = line.substr(0, space);
        const std::string_view value = line.substr(space + 1);
        if (key == keys[found]) {
            values[found++] = value;
        } else if (!is_extension(key, value)) {
            return std::nullopt;
        }
    }
    if (found != keys.size() || std::ranges::find(versions, values[0]) == versions.end()) return std::nullopt;
    if (!values[1].starts_with(oid_type) || !is_oid(values[1].substr(oid_type.size()))) return std::nullopt;
    const auto size = parse_size(values[2]);
    if (!size) return std::nullopt;
    return LfsPointer{std::string(values[1].substr(oid_type.size())), *size};
}

}  // namespace bitx::agent
