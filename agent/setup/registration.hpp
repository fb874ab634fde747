#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/git/config.hpp"

namespace bitx::agent {

/// The settings by which git-lfs hands objects of bitx:: URLs, and of no others, to this program. Source:
/// git-lfs-config(5), lfs.customtransfer.* and lfs.<url>.standalonetransferagent: the URL "bitx::" has a
/// scheme and neither host nor path, and so matches every bitx:: URL.
std::vector<std::pair<std::string, std::string>> registration(const std::filesystem::path& program);

/// The absolute path by which this program was started, so that an upgrade behind a symbolic link is
/// followed.
std::filesystem::path own_path(const std::string& argv0);

/// What is wrong, for the user to read, with how git-lfs would start us by `config`; nothing where it would.
std::optional<std::string> registration_fault(const GitConfig& config);

}  // namespace bitx::agent
