#pragma once

#include <string>

#include "agent/git/repository.hpp"
#include "remote/engine.hpp"

namespace bitx::agent {

/// How many LFS objects of this repository's history (the newest 1000 commits) have no recipe in a store.
std::size_t count_missing_objects(Repository& repository, remote::Engine& store);

/// Brings every LFS object of this repository's history over to a store: `git lfs fetch --all` from where
/// they are now, `git lfs push --all` to the lfs.url `url` ("bitx::…"). Their progress goes to stderr.
/// Nothing of the repository's settings is changed. Throws Error where either fails; what was brought over
/// stays, and the next run goes on from there.
void import_objects(Repository& repository, const std::string& url);

/// Writes lfs.url into the worktree's .lfsconfig, and takes lfs.pushurl out of it; all else in it stays.
/// Throws Error where it is a symbolic link.
void write_lfsconfig(Repository& repository, const std::string& url);

}  // namespace bitx::agent
