#pragma once

#include <memory>
#include <string>

#include "remote/engine.hpp"
#include "remote/url.hpp"

namespace bitx::remote {

/// What the user configured about a store, never what a committed file says.
struct OpenOptions {
    bool allow_http = false;  ///< plain HTTP to hosts other than this machine
};

/// The engine that serves a store's URL. Reaches for nothing yet: what is wrong shows at the first verb.
/// Throws LayoutError for a URL that cannot be served, DeniedError for plain HTTP to another machine.
std::unique_ptr<Engine> open_engine(const StoreUrl& url, const OpenOptions& options = {});

}  // namespace bitx::remote
