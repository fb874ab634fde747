#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bitx::agent {

/// Where git found a setting; `other` is a file, blob or standard input that was named explicitly.
enum class ConfigScope { system, global, local, worktree, command, other };

struct ConfigEntry {
    std::string key;  ///< section and variable in lower case: "lfs.url", "url.Git@Host:.insteadof"
    std::optional<std::string> value;  ///< nothing for a variable without "=", which git takes for true
    ConfigScope scope = ConfigScope::other;
};

/// All settings that git knows here, in git's order: a later entry overrides an earlier one. A value: it does
/// not follow later changes. Keys given to its functions may be in any case.
class GitConfig {
  public:
    GitConfig() = default;
    explicit GitConfig(std::vector<ConfigEntry> entries) : entries_(std::move(entries)) {}

    /// Every scope, `git -c` and GIT_CONFIG_COUNT too, as git itself lists it (libgit2 would miss these).
    static GitConfig read(const std::filesystem::path& directory = {});

    /// Settings in git-config syntax that others wrote; `name` is for messages. Files that they ask to
    /// include are not read. Throws Error where they do not parse.
    static GitConfig parse(std::string_view bytes, std::string_view name);

    const std::vector<ConfigEntry>& entries() const { return entries_; }

    /// The last value; entries without "=" do not count.
    std::optional<std::string> get(std::string_view key) const;
    std::vector<std::string> get_all(std::string_view key) const;

    /// git's rules: true, yes, on, numbers but 0, no "="; false, no, off, 0, empty. Throws Error for others.
    std::optional<bool> get_bool(std::string_view key) const;

    /// A whole number with git's suffixes k, m, g (powers of 1024). Throws Error for anything else.
    std::optional<std::int64_t> get_integer(std::string_view key) const;

  private:
    const ConfigEntry* last(std::string_view key) const;
    std::vector<ConfigEntry> entries_;
};

/// The settings of `section` that apply to `url`, without the section: `section.<url>.endpoint` as
/// "endpoint", chosen by git's own rules (gitconfig, http.<url>.*: scheme, host, port, path, user; the most
/// specific wins), with `section.endpoint` where no URL matches. Variables are in lower case.
std::map<std::string, std::string> read_url_config(std::string_view section, std::string_view url,
                                                   const std::filesystem::path& directory = {});

/// `key` with section and variable in lower case, what lies between as it is.
std::string canonical_key(std::string_view key);

}  // namespace bitx::agent
