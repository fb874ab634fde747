#include "agent/git/lfs_url.hpp"

#include <algorithm>
#include <set>

#include "agent/error.hpp"
#include "agent/git/process.hpp"

namespace bitx::agent {

namespace {

constexpr std::uint64_t lfsconfig_limit = 1 << 20;
constexpr std::string_view preset_remote = "origin";

/// Whether git-lfs takes this key from .lfsconfig (config.readGitConfig): of lfs.* what concerns URLs; of a
/// remote whose name has no dot lfsurl only, of one with a dot everything.
bool is_taken_from_lfsconfig(const std::string& key) {
    if (key == "lfs.url" || key == "lfs.pushurl") return true;
    if (!key.starts_with("remote.")) return false;
    const auto dots = std::ranges::count(key, '.');
    return dots != 2 || key.ends_with(".lfsurl");
}

std::vector<ConfigEntry> taken_from_lfsconfig(std::string_view bytes, std::string_view name) {
    const GitConfig all = GitConfig::parse(bytes, name);
    std::vector<ConfigEntry> taken;
    for (const ConfigEntry& entry : all.entries()) {
        if (is_taken_from_lfsconfig(entry.key)) taken.push_back(entry);
    }
    return taken;
}

/// Replaces the longest prefix that a url.<base>.<variable> names by its base.
std::optional<std::string> replace_prefix(const GitConfig& config, std::string_view url,
                                          std::string_view variable) {
    const std::string suffix = std::string(".").append(variable);
    std::string_view longest;
    std::string_view base;
    for (const ConfigEntry& entry : config.entries()) {
        const std::string_view key = entry.key;
        if (!entry.value || entry.value->empty() || !key.starts_with("url.") || !key.ends_with(suffix))
            continue;
        if (!url.starts_with(*entry.value) || entry.value->size() < longest.size()) continue;
        longest = *entry.value;
        base = key.substr(4, key.size() - suffix.size() - 4);
    }
    if (longest.empty()) return std::nullopt;
    return std::string(base).append(url.substr(longest.size()));
}

std::string rewritten(const GitConfig& config, Operation operation, std::string_view url) {
    if (operation == Operation::upload) {
        if (auto replaced = replace_prefix(config, url, "pushinsteadof")) return *replaced;
    }
    return replace_prefix(config, url, "insteadof").value_or(std::string(url));
}

/// A remote that is no name: git-lfs takes it for a URL where it looks like one (git.ValidateRemoteURL).
bool is_literal_url(std::string_view remote) {
    constexpr std::string_view scheme_letters =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.";
    const std::size_t colon = remote.find(':');
    if (colon == std::string_view::npos) return false;
    const std::string_view scheme = remote.substr(0, colon);
    if (scheme.find_first_not_of(scheme_letters) != std::string_view::npos) return true;  // user@host:path
    return scheme == "ssh" || scheme == "http" || scheme == "https" || scheme == "git" || scheme == "file";
}

/// The URL of git's own remote, made that of its LFS server (NewEndpointFromCloneURL).
std::string from_clone_url(const GitConfig& config, Operation operation, std::string_view clone_url) {
    std::string url = rewritten(config, operation, clone_url);
    if (url.ends_with('/')) url.pop_back();
    if (url.starts_with("file://")) return url;
    const std::string last = url.substr(url.rfind('/') + 1);
    return url + (last.ends_with(".git") ? "/info/lfs" : ".git/info/lfs");
}

std::string remote_url(const GitConfig& config, Operation operation, std::string_view remote) {
    const std::string section = "remote." + std::string(remote);
    const bool upload = operation == Operation::upload;
    if (upload) {
        if (const auto url = config.get(section + ".lfspushurl")) return rewritten(config, operation, *url);
    }
    if (const auto url = config.get(section + ".lfsurl")) return rewritten(config, operation, *url);
    auto clone_url = upload ? config.get(section + ".pushurl") : std::nullopt;
    if (!clone_url) clone_url = config.get(section + ".url");
    if (!clone_url && is_literal_url(remote)) clone_url = std::string(remote);
    return clone_url && !clone_url->empty() ? from_clone_url(config, operation, *clone_url) : std::string();
}

/// The names between "remote." and the variable; "" for remote.<variable>, which git-lfs counts too.
std::set<std::string> remote_names(const GitConfig& config) {
    std::set<std::string> names;
    for (const ConfigEntry& entry : config.entries()) {
        if (!entry.key.starts_with("remote.")) continue;
        const std::size_t last = entry.key.rfind('.');
        names.insert(last < 7 ? std::string() : entry.key.substr(7, last - 7));
    }
    return names;
}

}  // namespace

GitConfig lfs_config(Repository& repository) {
    std::vector<ConfigEntry> entries;
    if (const auto file = repository.committed_file(".lfsconfig", lfsconfig_limit)) {
        entries = taken_from_lfsconfig(file->bytes, file->where);
    }
    const std::vector<ConfigEntry>& own = repository.config().entries();
    entries.insert(entries.end(), own.begin(), own.end());
    return GitConfig(std::move(entries));
}

GitConfig clone_config(const GitConfig& own, std::string_view lfsconfig, std::string_view name) {
    std::vector<ConfigEntry> entries = taken_from_lfsconfig(lfsconfig, name);
    for (const ConfigEntry& entry : own.entries()) {
        if (entry.key.starts_with("url.")) entries.push_back(entry);
    }
    return GitConfig(std::move(entries));
}

std::string lfs_url(const GitConfig& config, Operation operation, std::string_view remote) {
    if (operation == Operation::upload) {
        if (const auto url = config.get("lfs.pushurl")) return rewritten(config, operation, *url);
    }
    if (const auto url = config.get("lfs.url")) return rewritten(config, operation, *url);
    if (!remote.empty() && remote != preset_remote) {
        if (std::string url = remote_url(config, operation, remote); !url.empty()) return url;
    }
    return remote_url(config, operation, preset_remote);
}

std::string default_remote(const Repository& repository, const GitConfig& config, Operation operation) {
    ProcessOptions options;
    options.directory = repository.directory();
    std::string branch = ask_git({"symbolic-ref", "--quiet", "--short", "HEAD"}, 1, options).value_or("");
    if (branch.ends_with('\n')) branch.pop_back();
    if (operation == Operation::upload) {
        for (const std::string& key :
             {"branch." + branch + ".pushremote", std::string("remote.lfspushdefault"),
              std::string("remote.pushdefault")}) {
            if (auto remote = config.get(key)) return *remote;
        }
    }
    if (auto remote = config.get("branch." + branch + ".remote"); remote && !branch.empty()) return *remote;
    if (auto remote = config.get("remote.lfsdefault")) return *remote;
    const std::set<std::string> names = remote_names(config);
    return names.size() == 1 ? *names.begin() : std::string(preset_remote);
}

std::optional<std::string> bitx_store_of(std::string_view url) {
    const bool has_control =
        std::ranges::any_of(url, [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; });
    if (!url.starts_with(bitx_url_prefix) || url.size() == bitx_url_prefix.size() || has_control)
        return std::nullopt;
    return std::string(url.substr(bitx_url_prefix.size()));
}

std::string without_credentials(std::string_view url) {
    const std::size_t start = url.find("://");
    if (start == std::string_view::npos) return std::string(url);
    const std::size_t host = start + 3;
    const std::size_t end = std::min(url.find_first_of("/?#", host), url.size());
    const std::size_t at = url.substr(0, end).rfind('@');
    if (at == std::string_view::npos || at < host) return std::string(url);
    return std::string(url.substr(0, host)).append(url.substr(at + 1));
}

std::string store_url(Repository& repository, Operation operation, std::string_view remote) {
    const GitConfig config = lfs_config(repository);
    const std::string name =
        remote.empty() ? default_remote(repository, config, operation) : std::string(remote);
    const std::string url = lfs_url(config, operation, name);
    if (auto store = bitx_store_of(url)) return *store;
    const std::string verb = operation == Operation::upload ? "uploads" : "downloads";
    if (url.empty()) {
        throw Error("git-lfs has no URL for " + verb +
                    " here: set this repository up with 'git bitx init <store url>'");
    }
    throw Error("git-lfs uses '" + without_credentials(url) + "' for " + verb +
                ", which is not a bitx:: URL: see lfs.url and lfs.pushurl in .lfsconfig and git config");
}

}  // namespace bitx::agent
