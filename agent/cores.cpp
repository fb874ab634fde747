#include "agent/cores.hpp"

#include <algorithm>
#include <fstream>
#include <string>
#include <thread>

#include <sched.h>

namespace bitx::agent {

namespace {

namespace fs = std::filesystem;

unsigned round_up(long long quota, long long period) {
    if (quota <= 0 || period <= 0) return 0;
    return static_cast<unsigned>(std::clamp((quota + period - 1) / period, 1LL, 65536LL));
}

unsigned quota_of(const fs::path& group) {
    long long quota = 0;
    long long period = 0;
    if (std::ifstream max(group / "cpu.max"); max >> quota >> period) return round_up(quota, period);
    std::ifstream v1_quota(group / "cpu.cfs_quota_us");
    std::ifstream v1_period(group / "cpu.cfs_period_us");
    if (v1_quota >> quota && v1_period >> period) return round_up(quota, period);
    return 0;
}

unsigned smaller_of(unsigned a, unsigned b) {
    if (a == 0 || b == 0) return std::max(a, b);
    return std::min(a, b);
}

unsigned affinity_cores() {
    cpu_set_t mask;
    if (::sched_getaffinity(0, sizeof mask, &mask) == 0) return static_cast<unsigned>(CPU_COUNT(&mask));
    return std::max(1U, std::thread::hardware_concurrency());  // more cores than a cpu_set_t has
}

}  // namespace

unsigned cgroup_cores(const fs::path& group, const fs::path& root) {
    unsigned cores = 0;
    fs::path folder = group;
    while (true) {
        cores = smaller_of(cores, quota_of(folder));
        if (folder == root || !folder.has_relative_path()) return cores;
        folder = folder.parent_path();
    }
}

unsigned usable_cores() {
    unsigned cores = affinity_cores();
    const fs::path mount = "/sys/fs/cgroup";
    std::ifstream groups("/proc/self/cgroup");
    for (std::string line; std::getline(groups, line);) {  // "0::/path" or "4:cpu,cpuacct:/path"
        const std::size_t first = line.find(':');
        const std::size_t second = line.find(':', first + 1);
        if (first == std::string::npos || second == std::string::npos) continue;
        const std::string controllers = line.substr(first + 1, second - first - 1);
        const bool has_cpu = ("," + controllers + ",").find(",cpu,") != std::string::npos;
        if (!controllers.empty() && !has_cpu) continue;
        const fs::path root = controllers.empty() ? mount : mount / controllers;
        const fs::path group = (root / fs::path(line.substr(second + 1)).relative_path()).lexically_normal();
        const fs::path seen = fs::exists(group) ? group : root;  // in a container the path may be the host's
        cores = smaller_of(cores, cgroup_cores(seen, root));
    }
    return cores;
}

}  // namespace bitx::agent
