#include "agent/git/file_modes.hpp"

#include <charconv>
#include <fstream>
#include <string>

#include <sys/stat.h>

namespace bitx::agent {

namespace {

FileModes with_search(mode_t file) {
    return {file, file | ((file & 0444U) >> 2U)};
}

}  // namespace

FileModes file_modes(const GitConfig& config, mode_t umask) {
    const FileModes private_modes = with_search(0666U & ~umask);
    const bool is_bare_key = !config.get("core.sharedrepository");
    const std::string value = config.get("core.sharedrepository").value_or("");
    if (is_bare_key || value.empty() || value == "umask" || value == "false" || value == "0" ||
        value == "no" || value == "off") {
        return private_modes;
    }
    if (value == "group" || value == "true" || value == "1" || value == "yes" || value == "on") {
        return with_search(0660);
    }
    if (value == "all" || value == "world" || value == "everybody" || value == "2") return with_search(0664);
    unsigned mode = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), mode, 8);
    if (error != std::errc() || end != value.data() + value.size() || (mode & 0600U) != 0600U) {
        return private_modes;
    }
    return with_search(mode & 0666U);
}

mode_t current_umask() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (!line.starts_with("Umask:")) continue;
        return static_cast<mode_t>(std::stoul(line.substr(6), nullptr, 8));
    }
    const mode_t mask = ::umask(022);  // no /proc: the only other way to ask, not safe beside other threads
    ::umask(mask);
    return mask;
}

}  // namespace bitx::agent
