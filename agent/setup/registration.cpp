#include "agent/setup/registration.hpp"

#include <sstream>

#include <unistd.h>

namespace bitx::agent {

namespace {
namespace fs = std::filesystem;

bool is_this_program(const fs::path& candidate) {
    std::error_code error;
    return fs::equivalent(candidate, "/proc/self/exe", error) && !error;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> registration(const fs::path& program) {
    return {{"lfs.customtransfer.bitx.path", program.string()},
            {"lfs.customtransfer.bitx.args", "agent"},
            {"lfs.customtransfer.bitx.concurrent", "false"},
            {"lfs.bitx::.standalonetransferagent", "bitx"}};
}

fs::path own_path(const std::string& argv0) {
    if (argv0.find('/') != std::string::npos) {
        const fs::path path = fs::absolute(argv0).lexically_normal();
        if (is_this_program(path)) return path;
    }
    const char* variable = ::getenv("PATH");
    std::istringstream folders(variable != nullptr ? variable : "");
    for (std::string folder; std::getline(folders, folder, ':');) {
        const fs::path path = fs::path(folder) / "git-bitx";
        if (path.is_absolute() && is_this_program(path)) return path;
    }
    return fs::read_symlink("/proc/self/exe");
}

std::optional<std::string> registration_fault(const GitConfig& config) {
    const std::string path = config.get("lfs.customtransfer.bitx.path").value_or("");
    if (path.empty() || config.get("lfs.bitx::.standalonetransferagent") != "bitx") {
        return "git-bitx is not registered with git-lfs: run 'git bitx install'";
    }
    if (::access(path.c_str(), X_OK) != 0) {
        return "git-lfs would start '" + path + "', which is no program: run 'git bitx install'";
    }
    for (const auto& [key, value] : registration(path)) {
        const std::string found = config.get(key).value_or("");
        if (found != value) {
            return key + " is '" + found + "', not '" + value +
                   "': run 'git bitx install', and see 'git config " + "--show-origin --get-all " + key + "'";
        }
    }
    if (!config.get("filter.lfs.process") && !config.get("filter.lfs.smudge")) {
        return "git-lfs is not set up (there is no filter.lfs.process in git config): run 'git lfs install'";
    }
    return std::nullopt;
}

}  // namespace bitx::agent
