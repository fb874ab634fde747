#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "agent/git/repository.hpp"
#include "agent/model/model_name.hpp"

namespace bitx::agent {

inline constexpr std::string_view dot_bitx_path = ".bitx";

/// The base that a repository declares, pinned to one published revision.
struct DeclaredBase {
    ModelName model;
    std::string revision;  ///< 64 lower-case hexadecimal digits: SHA-256 of the manifest's canonical bytes

    bool operator==(const DeclaredBase&) const = default;
};

/// The committed file `.bitx`, in git-config syntax. It comes from strangers: no other file is included,
/// nothing in it is run, a symbolic link is refused.
struct DotBitx {
    std::optional<DeclaredBase> base;

    using Warn = std::function<void(const std::string&)>;

    /// Parses its bytes; unknown keys are given to `warn`. Throws Error, naming `where`, for bad syntax and
    /// for [base] with only one of model and revision, or with a value that is neither.
    static DotBitx parse(std::string_view bytes, std::string_view where, const Warn& warn);

    /// From the worktree, else the index, else HEAD; empty where there is none.
    static DotBitx read(Repository& repository, const Warn& warn);
};

/// Writes [base] into the worktree's `.bitx`, or removes it for nothing; all else in the file stays. Throws
/// Error where there is no worktree, or the file is a symbolic link.
void write_base(Repository& repository, const std::optional<DeclaredBase>& base);

}  // namespace bitx::agent
