#include "remote/open.hpp"

#include "remote/file_engine.hpp"
#include "remote/s3/s3_engine.hpp"
#include "remote/webdav/webdav_engine.hpp"

namespace bitx::remote {
namespace {

void check_endpoint(const std::string& endpoint, const StoreUrl& url, bool allow_http) {
    if (endpoint.empty()) return;
    const StoreUrl parsed = parse_store_url(endpoint);
    if (parsed.scheme != StoreUrl::Scheme::https && parsed.scheme != StoreUrl::Scheme::http) {
        throw LayoutError("the endpoint " + parsed.redacted() + " of " + url.redacted() + " is no https URL");
    }
    if (parsed.scheme == StoreUrl::Scheme::http && !allow_http && !parsed.is_loopback()) {
        throw DeniedError("refused to use the endpoint " + parsed.redacted() +
                          " without encryption; use https, or allow it with `git config bitx." +
                          url.redacted() + ".allowHttp true`");
    }
}

}  // namespace

std::unique_ptr<Engine> open_engine(const StoreUrl& url, const OpenOptions& options) {
    switch (url.scheme) {
        case StoreUrl::Scheme::file:
            return std::make_unique<FileEngine>(url.path);
        case StoreUrl::Scheme::http:
            if (!options.allow_http && !url.is_loopback()) {
                throw DeniedError("refused to use " + url.redacted() +
                                  " without encryption; use https, or allow it with `git config bitx." +
                                  url.redacted() + ".allowHttp true`");
            }
            [[fallthrough]];
        case StoreUrl::Scheme::https:
            return std::make_unique<RetryEngine>(
                std::make_unique<WebdavEngine>(url, std::make_shared<HttpTransport>(options.transport),
                                               options.credentials),
                options.retry);
        case StoreUrl::Scheme::s3:
            break;
    }
    S3Options s3 = options.s3;
    s3.retry = options.retry;
    check_endpoint(s3.endpoint.url, url, options.allow_http);
    return std::make_unique<RetryEngine>(
        std::make_unique<S3Engine>(url, std::move(s3), std::make_shared<HttpTransport>(options.transport),
                                   options.credentials),
        options.retry);
}

}  // namespace bitx::remote
