#pragma once

#include <iostream>
#include <string_view>

namespace bitx::agent {

/// Tells the user of something that is wrong and that this command can go on with, as one line.
inline void warn(std::string_view message) {
    std::cout.flush();
    std::cerr << "git-bitx: warning: " << message << std::endl;
}

}  // namespace bitx::agent
