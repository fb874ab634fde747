#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "agent/git/repository.hpp"

namespace bitx::agent {

/// What git-lfs asks an agent for: it may use another URL for each.
enum class Operation { upload, download };

/// What comes before a store's own URL in lfs.url.
inline constexpr std::string_view bitx_url_prefix = "bitx::";

/// The settings that git-lfs would use here: those of .lfsconfig that it takes from there (worktree, index,
/// HEAD), under git config. Throws Error for a .lfsconfig that cannot be read.
GitConfig lfs_config(Repository& repository);

/// The settings that git-lfs would use in a fresh clone: those of the given bytes of a .lfsconfig (`name` is
/// for messages), under what `own` has of url.<x>.insteadOf, and nothing else of this repository's or user's.
GitConfig clone_config(const GitConfig& own, std::string_view lfsconfig, std::string_view name);

/// The URL that git-lfs uses for `remote`, a name or a literal URL, before it is made an endpoint:
/// lfs.pushurl (uploads), lfs.url, remote.<n>.lfspushurl (uploads), remote.<n>.lfsurl, then the remote's own
/// URL with
/// "/info/lfs" behind it; url.<x>.insteadOf and pushInsteadOf applied. Empty where there is none. Source:
/// git-lfs, lfsapi/endpoint_finder.go. Unlike git-lfs, .lfsconfig may not include other files.
std::string lfs_url(const GitConfig& lfs_config, Operation operation, std::string_view remote);

/// The remote that git-lfs uses where none is named (config.Configuration.Remote and PushRemote).
std::string default_remote(const Repository& repository, const GitConfig& lfs_config, Operation operation);

/// The store's URL, without "bitx::", for a remote; the default one where `remote` is empty. Throws Error
/// where git-lfs would use a URL that is not ours, or none.
std::string store_url(Repository& repository, Operation operation, std::string_view remote = {});

/// The store's URL in a lfs.url, nothing where that URL is not ours.
std::optional<std::string> bitx_store_of(std::string_view lfs_url);

/// `url` without user and password, for messages.
std::string without_credentials(std::string_view url);

}  // namespace bitx::agent
