#pragma once

#include <string>
#include <string_view>

namespace bitx::agent {

/// The name of a published model, "org/name".
struct ModelName {
    std::string organisation;
    std::string name;

    /// Throws Error unless `text` is org/name, each of at most 96 letters, digits, '.', '_' and '-', and
    /// beginning with a letter or digit. `where` says in the message what named it.
    static ModelName parse(std::string_view text, std::string_view where);

    std::string text() const { return organisation + "/" + name; }
    bool operator==(const ModelName&) const = default;
};

}  // namespace bitx::agent
