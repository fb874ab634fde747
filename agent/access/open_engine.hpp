#pragma once

#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>

#include "remote/open.hpp"

namespace bitx::agent {

/// How the user reaches a store, from git config and the environment; never from a committed file:
///
///     bitx.<url>.endpoint    S3: the service's URL, where it is not AWS (else AWS_ENDPOINT_URL, the profile)
///     bitx.<url>.region      S3 (else AWS_REGION, the profile)
///     bitx.<url>.profile     S3: a profile of ~/.aws
///     bitx.<url>.pathStyle   S3: true for https://host/bucket
///     bitx.<url>.anonymous   true: no credentials are sent, nobody is asked
///     bitx.<url>.caFile      certificates to trust, PEM (else GIT_SSL_CAINFO, http.<url>.sslCAInfo)
///     bitx.<url>.retryFor    seconds to wait, all in all, for what is unavailable (default 300)
///     bitx.<url>.allowHttp   true: also without encryption
///
/// <url> is matched as git matches http.<url>.*. Credentials come from AWS's variables and files, for S3
/// only; for others from .netrc; then from `git credential`. Throws Error, LayoutError for a URL that cannot
/// be used.
remote::OpenOptions read_open_options(const remote::StoreUrl& url, const std::filesystem::path& directory);

/// What goes on at a store, line by line, on stderr.
remote::LogLine log_to_stderr();
/// The same where GIT_TRACE=1 asks for it, else null.
remote::LogLine log_as_traced();

/// The engine of a store's URL, with or without "bitx::", for the git repository (or any folder) `directory`.
/// At most `transfers` requests go to the store at once; `log`, which may be null, is told of each. When
/// `stop` is requested, those that are under way throw StoppedError within about a second.
std::unique_ptr<remote::Engine> open_engine(const std::string& url, const std::filesystem::path& directory,
                                            unsigned transfers, remote::LogLine log,
                                            const std::stop_token& stop = {});

}  // namespace bitx::agent
