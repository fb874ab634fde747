#pragma once

#include <atomic>
#include <cstdint>

namespace bitx::agent {

/// Raw bytes of bases that were read, by where they came from. May be used from several threads.
struct BaseBytes {
    std::atomic<std::uint64_t> local = 0;    ///< of this machine: the user's files, the cache
    std::atomic<std::uint64_t> fetched = 0;  ///< of the store
};

}  // namespace bitx::agent
