#include "agent/unique_name.hpp"

#include <random>

#include <unistd.h>

namespace bitx::agent {

std::string unique_name() {
    std::random_device random;
    return std::to_string(getpid()) + '-' + std::to_string(random()) + std::to_string(random());
}

}  // namespace bitx::agent
