#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <memory>
#include <string>

#include "agent/git/lfs_url.hpp"
#include "agent/progress.hpp"

namespace bitx::agent {

/// The work behind the protocol: what throws is told to git-lfs, for that object alone.
class Transfers {
  public:
    Transfers() = default;
    Transfers(const Transfers&) = delete;
    Transfers& operator=(const Transfers&) = delete;
    virtual ~Transfers() = default;

    /// Stores the object that lies at `path`; durable when it returns.
    virtual void upload(const std::string& oid, std::uint64_t size, const std::filesystem::path& path,
                        const Progress& progress) = 0;
    /// Rebuilds an object in a file on git-lfs's file system, which is git-lfs's from then on.
    virtual std::filesystem::path download(const std::string& oid, std::uint64_t size,
                                           const Progress& progress) = 0;
};

/// Makes the work for a remote (a name or a URL) when git-lfs begins.
using BeginTransfers =
    std::function<std::unique_ptr<Transfers>(Operation operation, const std::string& remote)>;

/// Speaks git-lfs's custom transfer protocol (git-lfs, docs/custom-transfers.md), one JSON object a line,
/// until "terminate" or the end of `in`. An object that fails is reported and the loop goes on. Returns the
/// exit status: 0, or 1 when a line was not of the protocol or git-lfs stopped listening.
int run_protocol(std::istream& in, std::ostream& out, const BeginTransfers& begin);

}  // namespace bitx::agent
