#pragma once

#include <filesystem>

namespace bitx::agent {

/// How many cores this process may use: its affinity mask, and the CPU quota of its control group and of all
/// groups above (rounded up); at least 1.
unsigned usable_cores();

/// The quota of a control group in cores: cpu.max (version 2) or cpu.cfs_quota_us (version 1) of `group` and
/// of the folders above it up to `root`, the smallest one. 0 where there is none.
unsigned cgroup_cores(const std::filesystem::path& group, const std::filesystem::path& root);

}  // namespace bitx::agent
