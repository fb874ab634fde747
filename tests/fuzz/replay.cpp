// Runs every fuzz target over its corpus, without libFuzzer: what a fuzzer once found stays found.
// usage: fuzz_replay CORPUS, with one folder a target

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include "tests/fuzz/target.hpp"

namespace {

namespace fs = std::filesystem;
using namespace bitx;

struct Target {
    const char* name;
    void (*run)(codec::ByteView);
};
constexpr std::array<Target, 11> targets = {{
    {"safetensors", fuzz::safetensors},
    {"blob", fuzz::blob},
    {"recipe", fuzz::recipe},
    {"manifest", fuzz::manifest},
    {"frame", fuzz::frame},
    {"frame_round_trip", fuzz::frame_round_trip},
    {"container", fuzz::container},
    {"identity", fuzz::identity},
    {"url", fuzz::url},
    {"keys", fuzz::keys},
    {"server_xml", fuzz::server_xml},
}};

std::string contents(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error("cannot be read");
    return {std::istreambuf_iterator<char>(file), {}};
}

int replay(const fs::path& corpus) {
    int failures = 0;
    for (const Target& target : targets) {
        int count = 0;
        for (const auto& entry : fs::directory_iterator(corpus / target.name)) {
            ++count;
            try {
                target.run(codec::as_bytes(contents(entry.path())));
            } catch (const std::exception& error) {
                std::cerr << entry.path().string() << ": " << error.what() << '\n';
                ++failures;
            }
        }
        std::cout << target.name << ": " << count << " inputs\n";
        if (count == 0) {
            std::cerr << target.name << ": there is no input\n";
            ++failures;
        }
    }
    return failures == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::cerr << "usage: fuzz_replay CORPUS\n";
        return 2;
    }
    try {
        return replay(argv[1]);
    } catch (const std::exception& error) {
        std::cerr << "fuzz_replay: " << error.what() << '\n';
        return 1;
    }
}
