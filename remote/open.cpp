#include "remote/open.hpp"

#include "remote/file_engine.hpp"
#include "remote/webdav/webdav_engine.hpp"

namespace bitx::remote {

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
    throw UnsupportedError("stores like " + url.redacted() +
                           " are not supported yet; use a folder (file:///…)");
}

}  // namespace bitx::remote
