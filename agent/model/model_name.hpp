#pragma once

#include <string_view>

#include "remote/layout.hpp"

namespace bitx::agent {

using remote::ModelName;

/// Reads "org/name" from the user or from configuration. Throws Error for anything else; `where` says in the
/// message what named it.
ModelName parse_model_name(std::string_view text, std::string_view where);

}  // namespace bitx::agent
