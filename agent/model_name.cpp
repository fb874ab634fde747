#include "agent/model_name.hpp"

#include <algorithm>

#include "agent/error.hpp"

namespace bitx::agent {

namespace {

bool is_alphanumeric(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_part(std::string_view part) {
    return !part.empty() && part.size() <= 96 && is_alphanumeric(part.front()) &&
           std::ranges::all_of(part,
                               [](char c) { return is_alphanumeric(c) || c == '.' || c == '_' || c == '-'; });
}

}  // namespace

ModelName ModelName::parse(std::string_view text, std::string_view where) {
    const std::size_t slash = std::min(text.find('/'), text.size());
    const std::string_view organisation = text.substr(0, slash);
    const std::string_view name = text.substr(std::min(slash + 1, text.size()));
    if (!is_part(organisation) || !is_part(name)) {
        throw Error(std::string(where) + ": '" + std::string(text) +
                    "' is no model name: give org/name, of letters, digits, '.', '_' and '-'");
    }
    return {std::string(organisation), std::string(name)};
}

}  // namespace bitx::agent
