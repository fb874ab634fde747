#include "remote/random.hpp"

#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>

#include <sys/random.h>

namespace bitx::remote {

std::string random_hex(std::size_t bytes) {
    std::array<unsigned char, 64> random{};
    if (bytes > random.size()) throw std::invalid_argument("random_hex gives at most 64 bytes");
    // Up to 256 bytes come whole, or not at all when a signal came first.
    while (::getentropy(random.data(), bytes) != 0) {
        if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "getentropy");
    }
    constexpr char digits[] = "0123456789abcdef";
    std::string text;
    for (std::size_t i = 0; i < bytes; ++i) {
        text += digits[random[i] >> 4];
        text += digits[random[i] & 15];
    }
    return text;
}

}  // namespace bitx::remote
