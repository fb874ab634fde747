#include "codec/frame/log2.hpp"

namespace bitx::codec {
namespace {

// Squaring a number doubles its logarithm: each time it passes 2, the next bit is 1.
constexpr std::uint16_t fraction_of_log2(std::uint64_t mantissa) {
    constexpr unsigned point = 30;
    std::uint64_t x = mantissa << (point - log_table_bits);
    unsigned log = 0;
    for (unsigned bit = 0; bit < 16; ++bit) {
        x = x * x >> point;
        const auto passes = static_cast<unsigned>(x >> (point + 1));
        log = log << 1 | passes;
        x >>= passes;
    }
    return static_cast<std::uint16_t>(log);
}

constexpr auto make_log_table() {
    std::array<std::uint16_t, 1U << log_table_bits> logs{};
    for (std::size_t i = 0; i < logs.size(); ++i) logs[i] = fraction_of_log2(logs.size() + i);
    return logs;
}

}  // namespace

constinit const std::array<std::uint16_t, 1U << log_table_bits> log_table = make_log_table();

}  // namespace bitx::codec
