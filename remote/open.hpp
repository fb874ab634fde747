#pragma once

#include <memory>
#include <string>

#include "remote/credential.hpp"
#include "remote/decorator/logging.hpp"
#include "remote/decorator/retry.hpp"
#include "remote/engine.hpp"
#include "remote/http/transport.hpp"
#include "remote/s3/s3_engine.hpp"
#include "remote/url.hpp"

namespace bitx::remote {

/// What the user configured about a store, never what a committed file says.
struct OpenOptions {
    bool allow_http = false;  ///< plain HTTP to hosts other than this machine
    TransportOptions transport;
    std::shared_ptr<CredentialSource> credentials;  ///< null: none are known
    RetryPolicy retry;
    unsigned transfers = 8;  ///< requests at once, at least 1
    LogLine log;             ///< told of every attempt; null: none is
    S3Options s3;            ///< its `retry` and `slots` follow from the above
};

/// The engine that serves a store's URL. Reaches for nothing yet: what is wrong shows at the first verb.
/// Throws LayoutError for a URL that cannot be served, DeniedError for plain HTTP to another machine. What
/// goes over a network is retried. No verb of it may be called from a sink or from what a list calls.
std::unique_ptr<Engine> open_engine(const StoreUrl& url, const OpenOptions& options = {});

}  // namespace bitx::remote
