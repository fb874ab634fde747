#include "tests/fuzz/target.hpp"

// TARGET is the function that this program feeds (tests/CMakeLists.txt). An exception ends the program, which
// libFuzzer takes for a finding.
extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    bitx::fuzz::TARGET(std::as_bytes(std::span(data, size)));
    return 0;
}
