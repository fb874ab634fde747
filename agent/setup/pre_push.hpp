#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/git/repository.hpp"
#include "agent/setup/pushed_ref.hpp"

namespace bitx::agent {

/// The branch that a clone of `remote` checks out, as far as this repository knows:
/// refs/remotes/<remote>/HEAD, else init.defaultBranch, main or master, whichever exists, else the only
/// branch. Empty where none is.
std::string default_branch(const Repository& repository, std::string_view remote);

/// Throws Error, naming the reference, for one whose LFS files no clone could find: its own .lfsconfig does
/// not lead to where git-lfs sends its objects, or receives them from, in a push to `remote`.
void check_lfsconfig(Repository& repository, const std::vector<PushedRef>& refs, std::string_view remote);

/// The commits to publish after a push, tags before the default branch, each once.
std::vector<std::string> commits_to_publish(const Repository& repository, const std::vector<PushedRef>& refs,
                                            std::string_view remote);

}  // namespace bitx::agent
