#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "agent/byte_means.hpp"
#include "agent/concurrency/stage_clock.hpp"

namespace bitx::agent {

class Resources;

/// What the transfers of one process did, and what its threads spent their time on. Written beside git-lfs's
/// objects for `git bitx stats --last`.
struct TransferSummary {
    std::string operation;  ///< "push" or "pull"
    std::string ended;      ///< UTC, "2026-01-31T12:00:00Z"
    std::uint64_t objects = 0;
    std::uint64_t bytes = 0;  ///< of these objects
    double seconds = 0;       ///< in transfers, without what lies between them
    std::array<ByteMeans::Sum, means_count> means{};
    std::array<double, stage_count> stages{};  ///< seconds, summed over threads
    std::uint64_t requests = 0;                ///< to the store
    std::uint64_t base_local = 0;              ///< raw bytes of bases that this machine had
    std::uint64_t base_fetched = 0;            ///< and that came from the store

    /// One more object; the rest is what `resources` counted, and the store was asked, since the process
    /// began.
    void add(std::uint64_t size, Resources& resources, std::uint64_t requests_made);

    /// One line, for logs.
    std::string line() const;
    void print(std::ostream& out) const;
    nlohmann::json json() const;

    /// `<folder>/last-<operation>.json`. What cannot be written is left out.
    void write(const std::filesystem::path& folder) const;
    /// Nothing where there was none, or it does not parse.
    static std::optional<TransferSummary> read(const std::filesystem::path& folder,
                                               const std::string& operation);
};

}  // namespace bitx::agent
