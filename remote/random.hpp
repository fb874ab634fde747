#pragma once

#include <cstddef>
#include <string>

namespace bitx::remote {

/// `bytes` random bytes (at most 64) of the operating system's generator, as 2*`bytes` lower-case hexadecimal
/// digits.
std::string random_hex(std::size_t bytes);

}  // namespace bitx::remote
