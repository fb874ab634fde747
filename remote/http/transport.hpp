#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "remote/http/message.hpp"

namespace bitx::remote {

struct TransportOptions {
    std::filesystem::path ca_file;  ///< PEM; empty: the system's certificates
    std::chrono::seconds connect_timeout{30};
    std::chrono::seconds stall_timeout{60};  ///< fewer than 1 kB/s for so long is a stalled transfer
    std::string user_agent = "git-bitx";
    /// Told of each response's status and header, from the thread that sent the request; null: nobody is.
    std::function<void(const HttpResponse& head)> observe;
    /// Called at least once a second while a request is under way, from the thread that sent it: what it
    /// throws ends the request. Null: nothing does.
    std::function<void()> interrupt;
};

/// Where the body of a response goes, decided when its header is there: to a sink, or, for an empty one, into
/// HttpResponse::body.
using BodyRouter = std::function<Sink(const HttpResponse& head)>;

/// HTTP/1.1 and HTTP/2 by libcurl, one request at a time and thread; connections are kept and used again.
/// Certificates are always verified. Follows no redirect and knows no credentials. Proxies come from the
/// environment (http_proxy, …). Thread-safe.
class HttpTransport {
  public:
    /// Bytes of a response that HttpResponse::body may take; errors, listings.
    static constexpr std::size_t largest_response = 16 << 20;

    explicit HttpTransport(TransportOptions options = {});
    ~HttpTransport();

    /// Sends a request and returns the response, whatever its status. Throws UnavailableError for a
    /// connection that fails, stalls or ends early, DeniedError for a certificate that is not trusted, and
    /// what a sink or `interrupt` throws.
    HttpResponse send(const HttpRequest& request, const BodyRouter& route = {});

  private:
    class Pool;
    TransportOptions options_;
    std::unique_ptr<Pool> pool_;
};

}  // namespace bitx::remote
