#include <iostream>

#include "agent/version.hpp"

int main() {
    std::cout << "git-bitx " << bitx::agent::version() << '\n';
    return 0;
}
