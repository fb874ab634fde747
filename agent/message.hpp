#pragma once

#include <iostream>
#include <string>
#include <string_view>

namespace bitx::agent {

/// Tells the user something on standard error, as one line in one write: git-lfs logs what an agent writes
/// there (GIT_TRACE=1), and cuts it where writes end.
inline void note(std::string_view message) {
    std::cout.flush();
    std::cerr << "git-bitx: " + std::string(message) + '\n';
}

/// Tells the user of something that is wrong and that this command can go on with.
inline void warn(std::string_view message) {
    note("warning: " + std::string(message));
}

}  // namespace bitx::agent
