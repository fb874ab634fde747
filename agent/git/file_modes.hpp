#pragma once

#include <sys/types.h>

#include "agent/git/config.hpp"

namespace bitx::agent {

/// Permissions of what is created beside git-lfs's objects.
struct FileModes {
    mode_t file = 0644;
    mode_t directory = 0755;

    bool operator==(const FileModes&) const = default;
};

/// The modes that git-lfs gives its objects: core.sharedRepository where it is set (group, all, an octal
/// mode), else what `umask` leaves of 0666 (git-lfs, config.Configuration.getMask). A folder is searchable by
/// whoever may read it.
FileModes file_modes(const GitConfig& config, mode_t umask);

/// This process's umask, without changing it.
mode_t current_umask();

}  // namespace bitx::agent
