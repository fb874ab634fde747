// transfer_bench put URL FILE | get URL: one object to a store and back; prints the seconds that it took.
// (tests/bench/network.py --throughput)

#include <chrono>
#include <filesystem>
#include <iostream>
#include <span>
#include <string_view>

#include "remote/open.hpp"

int main(int argc, char** argv) {
    using namespace bitx::remote;
    const std::span arguments(argv, static_cast<std::size_t>(argc));
    const bool is_put = arguments.size() == 4 && std::string_view(arguments[1]) == "put";
    if (!is_put && (arguments.size() != 3 || std::string_view(arguments[1]) != "get")) return 2;
    const auto engine = open_engine(parse_store_url(arguments[2]));
    const auto begin = std::chrono::steady_clock::now();
    std::uint64_t bytes = 0;
    if (is_put) {
        engine->put("object", {{}, arguments[3]});
        bytes = std::filesystem::file_size(arguments[3]);
    } else {
        engine->get("object", {}, [&](std::span<const std::byte> piece) { bytes += piece.size(); });
    }
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
    std::cout << bytes << " bytes in seconds: " << taken.count() << '\n';
}
