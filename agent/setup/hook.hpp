#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "agent/git/repository.hpp"

namespace bitx::agent {

/// The line that hands a push to `git bitx pre-push`, which saves standard input, checks, lets git-lfs upload
/// with the same input, and publishes. Where git-bitx is not on PATH the rest of the hook runs as it was.
inline constexpr std::string_view hook_line =
    "command -v git-bitx >/dev/null 2>&1 && exec git-bitx pre-push \"$@\" # git-bitx";

/// `hook`, the text of a pre-push hook, with our line as its second one. As it is where it has the line;
/// nothing where it is not the hook that git-lfs wrote, of any of its versions.
std::optional<std::string> with_hook_line(std::string_view hook);

enum class HookState {
    installed,  ///< the line was added, or was there
    foreign,    ///< the hook is not git-lfs's own, or no regular file: left alone
    outside     ///< core.hooksPath leads out of the repository: left alone
};

struct HookOutcome {
    HookState state;
    std::filesystem::path file;
};

/// Whether this repository's pre-push hook, wherever it is, has our line.
bool has_hook_line(const Repository& repository);

/// Adds the line to this repository's pre-push hook, which git-lfs is asked to write first where there is
/// none. Nothing outside of the repository's folders is written.
HookOutcome install_hook(const Repository& repository);

}  // namespace bitx::agent
