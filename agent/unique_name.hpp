#pragma once

#include <string>

namespace bitx::agent {

/// A name for a temporary file that no other writer uses.
std::string unique_name();

}  // namespace bitx::agent
