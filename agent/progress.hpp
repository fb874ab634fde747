#pragma once

#include <cstdint>
#include <functional>

namespace bitx::agent {

/// Takes the bytes of the user's file that are done. May be called from several threads, and out of order.
using Progress = std::function<void(std::uint64_t bytes)>;

}  // namespace bitx::agent
