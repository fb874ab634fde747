#include "agent/command/run.hpp"

int main(int argc, char** argv) {
    return bitx::agent::run(argc, argv);
}
