#include "agent/version.hpp"

namespace bitx::agent {

std::string_view version() {
    return BITX_VERSION;
}

}  // namespace bitx::agent
