#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "remote/http/authorization.hpp"
#include "remote/http/read_object.hpp"
#include "remote/http/transport.hpp"
#include "remote/url.hpp"

namespace bitx::remote {

/// A store below an http or https URL: WebDAV (RFC 4918) where the server speaks it, PUT alone where it takes
/// that, else a mirror that can be read.
///
/// - Folders are made by MKCOL when a PUT misses them, from then on before each PUT.
/// - create_if_absent sends If-None-Match: *; a server may ignore that and overwrite (nginx does), or look
///   first and write then, so that of writers at the same moment the last wins (Apache).
/// - An object that a get does not find is asked for once more past the caches (Cache-Control: no-cache),
///   unless the server takes objects; so are `latest` and bitx.json at once, which alone change.
/// - Redirects: GET and HEAD are followed, never from https to http, and never with credentials to another
///   origin. Others are followed only within the origin.
class WebdavEngine final : public Engine {
  public:
    /// `credentials` may be null.
    WebdavEngine(StoreUrl url, std::shared_ptr<HttpTransport> transport,
                 std::shared_ptr<CredentialSource> credentials);

    std::optional<ObjectInfo> head(std::string_view key) override;
    ObjectInfo get(std::string_view key, ByteRange range, const Sink& sink,
                   std::string_view version = {}) override;
    PutResult put(std::string_view key, const Body& body, PutMode mode = PutMode::replace) override;
    void list(std::string_view prefix,
              const std::function<void(std::string_view key, std::uint64_t size)>& each) override;
    void remove(std::string_view key) override;
    void check_writable() override;
    std::string describe() const override { return url_.redacted(); }

  private:
    HttpRequest request(std::string_view method, std::string_view key) const;
    HttpResponse send(HttpRequest request, const BodyRouter& route = {});
    HttpPurpose purpose(std::string_view doing, std::string_view key) const {
        return {doing, key, describe()};
    }
    HttpResponse make_folders(std::string_view key);
    bool is_folder(const std::string& folder) const;
    [[noreturn]] void read_only(long status) const;
    [[noreturn]] void no_list() const;
    void list_folder(const std::string& folder, std::string_view prefix,
                     const std::function<void(std::string_view key, std::uint64_t size)>& each, int depth);

    StoreUrl url_;
    std::string base_;  ///< URL of the store's folder, with '/' at its end
    std::shared_ptr<HttpTransport> transport_;
    std::shared_ptr<CredentialSource> credentials_;
    HttpAuthorization authorization_;
    std::atomic<bool> writable_ = false;       ///< it took an object, or nothing is against it
    std::atomic<bool> lists_ = true;           ///< until the server says that it does not
    std::atomic<bool> wants_folders_ = false;  ///< a PUT was refused for want of its folder
    mutable std::mutex folders_mutex_;
    std::set<std::string, std::less<>> folders_;  ///< that this engine made or found
};

}  // namespace bitx::remote
