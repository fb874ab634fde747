#pragma once

#include <string_view>

namespace bitx::agent {

std::string_view version();

}  // namespace bitx::agent
