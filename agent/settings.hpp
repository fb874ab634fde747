#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "agent/git/config.hpp"
#include "agent/model/model_name.hpp"

namespace bitx::agent {

/// The `bitx.*` settings of git config.
struct Settings {
    unsigned threads = 1;  ///< bitx.threads: that code and decode; default usable_cores()
    std::uint64_t memory = std::uint64_t{1} << 30;  ///< bitx.memory: bytes that a transfer may hold
    unsigned transfers = 8;                         ///< bitx.transfers: requests to the store at once
    double cold_pull = 2.0;  ///< bitx.coldPull: stored bytes of a chain a raw byte, at most
    std::uint64_t cache_size = std::uint64_t{4} << 30;  ///< bitx.cacheSize: bytes of base blobs that are kept
    std::vector<std::filesystem::path> local;  ///< bitx.local: folders with files that need no download
    std::optional<ModelName> publish;          ///< bitx.publish: of this repository's own config only

    /// Throws Error, naming key and value, where a value cannot be used.
    static Settings from(const GitConfig& config);
};

}  // namespace bitx::agent
