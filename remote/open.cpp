#include "remote/open.hpp"

#include "remote/decorator/limiting.hpp"
#include "remote/file/file_engine.hpp"
#include "remote/s3/s3_engine.hpp"
#include "remote/webdav/webdav_engine.hpp"

namespace bitx::remote {
namespace {

/// `what` is reached for the store `url`.
void check_encrypted(const StoreUrl& what, std::string_view name, const StoreUrl& url, bool allow_http) {
    if (what.scheme == StoreUrl::Scheme::https || allow_http || what.is_loopback()) return;
    throw DeniedError("refused to use " + std::string(name) + what.redacted() +
                      " without encryption; use https, or allow it with `git config bitx." + url.redacted() +
                      ".allowHttp true`");
}

void check_endpoint(const std::string& endpoint, const StoreUrl& url, bool allow_http) {
    if (endpoint.empty()) return;
    const StoreUrl parsed = parse_store_url(endpoint);
    if (parsed.scheme != StoreUrl::Scheme::https && parsed.scheme != StoreUrl::Scheme::http) {
        throw LayoutError("the endpoint " + parsed.redacted() + " of " + url.redacted() + " is no https URL");
    }
    check_encrypted(parsed, "the endpoint ", url, allow_http);
}

std::unique_ptr<Engine> open_server(const StoreUrl& url, const OpenOptions& options,
                                    const std::shared_ptr<RequestSlots>& slots) {
    auto transport = std::make_shared<HttpTransport>(options.transport);
    if (url.scheme != StoreUrl::Scheme::s3) {
        check_encrypted(url, "", url, options.allow_http);
        return std::make_unique<WebdavEngine>(url, std::move(transport), options.credentials);
    }
    S3Options s3 = options.s3;
    s3.retry = options.retry;
    s3.slots = slots;
    check_endpoint(s3.endpoint.url, url, options.allow_http);
    return std::make_unique<S3Engine>(url, std::move(s3), std::move(transport), options.credentials);
}

}  // namespace

std::unique_ptr<Engine> open_engine(const StoreUrl& url, const OpenOptions& options) {
    const bool is_folder = url.scheme == StoreUrl::Scheme::file;
    const auto slots = std::make_shared<RequestSlots>(options.transfers);
    std::unique_ptr<Engine> engine =
        is_folder ? std::make_unique<FileEngine>(url.path) : open_server(url, options, slots);
    if (options.log) engine = std::make_unique<LoggingEngine>(std::move(engine), options.log);
    engine = std::make_unique<LimitingEngine>(std::move(engine), slots);
    if (is_folder) return engine;
    return std::make_unique<RetryEngine>(std::move(engine), options.retry);
}

}  // namespace bitx::remote
