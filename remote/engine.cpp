#include "remote/engine.hpp"

#include <algorithm>

namespace bitx::remote {

void check_key(std::string_view key) {
    const auto fail = [&] { throw LayoutError("'" + std::string(key) + "' is not a key of a store"); };
    const auto allowed = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
               c == '_' || c == '-' || c == '/';
    };
    if (key.empty() || !std::ranges::all_of(key, allowed)) fail();
    for (std::size_t start = 0; start <= key.size();) {
        const std::size_t end = std::min(key.find('/', start), key.size());
        const std::string_view part = key.substr(start, end - start);
        if (part.empty() || part == "." || part == "..") fail();
        start = end + 1;
    }
}

}  // namespace bitx::remote
