#include "remote/webdav/webdav_engine.hpp"

#include <algorithm>

#include "remote/http/origin.hpp"
#include "remote/layout.hpp"
#include "remote/random.hpp"
#include "remote/webdav/multistatus.hpp"

namespace bitx::remote {
namespace {

constexpr int most_redirects = 5;
constexpr int deepest_folder = 16;  // far below any key of the layout

bool is_redirect(long status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

bool is_mutable(std::string_view key) {
    return key == identity_key || key.ends_with("/latest");
}

CredentialRequest credential_request(const StoreUrl& url) {
    std::string host = url.host.find(':') == std::string::npos ? url.host : "[" + url.host + "]";
    if (url.port != 0) host += ":" + std::to_string(url.port);
    return {url.scheme == StoreUrl::Scheme::https ? "https" : "http", host, url.path, url.user};
}

std::optional<Credential> credential_in(const StoreUrl& url) {
    if (url.password.empty()) return std::nullopt;
    return Credential{url.user, url.password, {}};
}

}  // namespace

WebdavEngine::WebdavEngine(StoreUrl url, std::shared_ptr<HttpTransport> transport,
                           std::shared_ptr<CredentialSource> credentials)
    : url_(std::move(url)),
      base_(url_.redacted() + "/"),
      transport_(std::move(transport)),
      credentials_(std::move(credentials)),
      authorization_(credential_request(url_), credentials_.get(), credential_in(url_)) {}

HttpRequest WebdavEngine::request(std::string_view method, std::string_view key) const {
    HttpRequest request;
    request.method = method;
    request.url = base_ + std::string(key);
    if (is_mutable(key)) request.headers.push_back({"Cache-Control", "no-cache"});
    return request;
}

/// Sends a request with credentials and along redirects. A redirect to the same URL with '/' at its end is
/// how servers say that a folder is there: to us, no object.
HttpResponse WebdavEngine::send(HttpRequest request, const BodyRouter& route) {
    const Origin own = origin_of(base_);
    const bool reads = request.method == "GET" || request.method == "HEAD";
    for (int redirects = 0;;) {
        const bool at_home = origin_of(request.url) == own;
        const std::string used = at_home ? authorization_.value() : std::string();
        HttpRequest attempt = request;
        if (!used.empty()) attempt.headers.push_back({"Authorization", used});
        HttpResponse response = transport_->send(attempt, [&](const HttpResponse& head) {
            return head.status == 401 || is_redirect(head.status) || !route ? Sink() : route(head);
        });
        if (response.status == 401 && at_home &&
            authorization_.refused(response.header("www-authenticate"), used)) {
            continue;
        }
        if (response.status != 401 && !used.empty()) authorization_.accepted(used);
        if (!is_redirect(response.status)) return response;

        const auto target = resolve_location(request.url, response.header("location"));
        if (target == request.url + "/") {
            response.status = 404;
            return response;
        }
        const auto refuse = [&](const std::string& why) {
            throw DeniedError("the server of the store " + describe() + " redirects to " +
                              (target ? redact_url(*target) : "nowhere") + ", which is not followed: " + why);
        };
        if (!target) refuse("that is no plain http or https URL");
        const Origin there = origin_of(*target);
        if (there.scheme == "http" && origin_of(request.url).scheme == "https") refuse("it is not encrypted");
        const bool keeps_method = response.status == 307 || response.status == 308;
        if (!reads && (!keeps_method || there != own)) refuse("use the URL that it names");
        if (++redirects > most_redirects) refuse("there were too many of them");
        request.url = *target;
    }
}

std::optional<ObjectInfo> WebdavEngine::head(std::string_view key) {
    check_key(key);
    const HttpResponse response = send(request("HEAD", key));
    if (response.status == 404 || response.status == 410) return std::nullopt;
    if (!response.is_success()) throw_http_error(response, purpose("look up", key));
    const ObjectHeader header = object_header(response);
    if (header.size) return ObjectInfo{*header.size, header.version()};
    return get(key, {0, 1}, [](auto) {});  // no Content-Length: a range's answer has the size
}

ObjectInfo WebdavEngine::get(std::string_view key, ByteRange range, const Sink& sink,
                             std::string_view version) {
    check_key(key);
    const auto send_it = [this](HttpRequest request, const BodyRouter& route) {
        return send(std::move(request), route);
    };
    if (range.length > 0) {
        HttpRequest get = request("GET", key);
        // No If-Match: read_object compares the answer's version itself, and servers that call a young
        // object's ETag weak (Apache) would fail the condition for an object that has not changed.
        const auto attempt = [&](HttpRequest now) {
            return read_object(send_it, std::move(now), range, sink, version, purpose("read", key),
                               [](const HttpResponse&) {});
        };
        std::optional<ObjectInfo> info;
        try {
            info = attempt(get);
        } catch (const AbsentError&) {
            if (is_mutable(key) || writable_) throw;  // past the caches already, or no mirror
            get.headers.push_back({"Cache-Control", "no-cache"});
            info = attempt(std::move(get));
        }
        if (info) return *info;
    }
    const auto info = head(key);
    if (!info) throw AbsentError(std::string(key) + " in the store " + describe() + " does not exist");
    if (!version.empty() && version != info->version) {
        throw ChangedError(std::string(key) + " in the store " + describe() + " has changed; read it again");
    }
    return *info;
}

PutResult WebdavEngine::put(std::string_view key, const Body& body, PutMode mode) {
    check_key(key);
    HttpRequest put = request("PUT", key);
    put.has_body = true;
    put.body = body;
    put.headers.push_back({"Content-Type", "application/octet-stream"});
    if (mode == PutMode::create_if_absent) put.headers.push_back({"If-None-Match", "*"});
    if (wants_folders_) make_folders(key);
    HttpResponse response = send(put);
    if (response.status == 409 || response.status == 404) {
        wants_folders_ = true;  // from now on before the body is sent, not after it was refused
        const HttpResponse refusal = make_folders(key);
        response = send(put);
        if (response.status == 404 || response.status == 409) {
            if (refusal.status != 0 && refusal.status != 409) {
                throw_http_error(refusal, purpose("make the folder of", key));
            }
            throw DeniedError("cannot write " + std::string(key) + " in the store " + describe() +
                              ": the server has no folder for it and makes none (" +
                              std::to_string(response.status) + "); make the store's own folder there");
        }
    }
    if (response.is_success()) {
        writable_ = true;
        return PutResult::written;
    }
    if (response.status == 412 && mode == PutMode::create_if_absent) return PutResult::existed;
    if (response.status == 405 || response.status == 501) read_only(response.status);
    throw_http_error(response, purpose("write", key));
}

void WebdavEngine::read_only(long status) const {
    throw DeniedError("the store " + describe() + " can only be read: its server takes no objects (" +
                      std::to_string(status) +
                      "); push to the store that it mirrors, or switch on WebDAV there");
}

/// Removes what nobody has: a server that only serves files knows no DELETE, one that takes objects finds
/// nothing. (OPTIONS would be the question, but nginx answers 405 to it with WebDAV, too.)
void WebdavEngine::check_writable() {
    if (writable_) return;
    const HttpResponse response = send(request("DELETE", "gc/nothing-" + random_hex(16)));
    if (response.status == 405 || response.status == 501) read_only(response.status);
    if (response.status == 401 || response.status >= 500) throw_http_error(response, purpose("write to", ""));
    writable_ = true;
}

/// Makes the folders of `key`, the store's own first: a WebDAV server wants each to be made. Returns the last
/// refusal, status 0 where there was none: what it is worth shows at the PUT that follows, since a server may
/// also refuse because another writer makes the same folder at this moment (Apache: 403).
HttpResponse WebdavEngine::make_folders(std::string_view key) {
    HttpResponse refusal;
    std::string folder;
    for (std::size_t start = 0;;) {
        if (!is_folder(folder)) {
            HttpResponse response = send(request("MKCOL", folder));
            if (response.status >= 500 && response.status != 501) {
                throw_http_error(response, purpose("make the folder of", key));
            }
            if (response.is_success() || response.status == 405) {  // 405: it is there (RFC 4918, 9.3.1)
                const std::lock_guard lock(folders_mutex_);
                folders_.insert(folder);
            } else {
                refusal = std::move(response);
            }
        }
        const auto slash = key.find('/', start);
        if (slash == std::string_view::npos) return refusal;
        folder = std::string(key.substr(0, slash)) + "/";
        start = slash + 1;
    }
}

bool WebdavEngine::is_folder(const std::string& folder) const {
    const std::lock_guard lock(folders_mutex_);
    return folders_.contains(folder);
}

void WebdavEngine::remove(std::string_view key) {
    check_key(key);
    const HttpResponse response = send(request("DELETE", key));
    if (response.is_success() || response.status == 404 || response.status == 410) return;
    throw_http_error(response, purpose("remove", key));
}

void WebdavEngine::list(std::string_view prefix,
                        const std::function<void(std::string_view key, std::uint64_t size)>& each) {
    const std::string folder(prefix.substr(0, prefix.rfind('/') + 1));
    if (!folder.empty()) check_key(folder.substr(0, folder.size() - 1));
    if (lists_) return list_folder(folder, prefix, each, 0);
    no_list();
}

void WebdavEngine::no_list() const {
    throw UnsupportedError("the store " + describe() + " cannot be listed: its server does not speak WebDAV");
}

/// One PROPFIND a folder: most servers refuse a Depth of infinity.
void WebdavEngine::list_folder(const std::string& folder, std::string_view prefix,
                               const std::function<void(std::string_view key, std::uint64_t size)>& each,
                               int depth) {
    static constexpr std::string_view wanted =
        R"(<?xml version="1.0" encoding="utf-8"?><propfind xmlns="DAV:"><prop><resourcetype/>)"
        R"(<getcontentlength/></prop></propfind>)";
    HttpRequest find = request("PROPFIND", folder);
    find.has_body = true;
    find.body.memory = std::as_bytes(std::span(wanted));
    find.headers.push_back({"Depth", "1"});
    find.headers.push_back({"Content-Type", "application/xml"});
    const HttpResponse response = send(std::move(find));
    if (response.status == 404) return;
    if (response.status == 405 || response.status == 501 || response.status == 200) {
        lists_ = false;
        no_list();
    }
    if (response.status != 207) throw_http_error(response, purpose("list", prefix));
    if (depth > deepest_folder)
        throw LayoutError("the folders of the store " + describe() + " nest too deeply");

    const std::vector<DavEntry> entries = parse_multistatus(response.body, describe());
    if (entries.empty()) return;
    // The folder itself is among them, by the path that its server knows it by: behind a proxy that may be
    // another than ours.
    const std::string root =
        std::ranges::min(entries, {}, [](const DavEntry& entry) { return entry.path.size(); }).path + "/";
    for (const DavEntry& entry : entries) {
        if (!entry.path.starts_with(root)) continue;  // the folder itself
        const std::string name = entry.path.substr(root.size());
        const std::string key = folder + name;
        try {
            check_key(key);
        } catch (const LayoutError&) {
            continue;
        }
        if (name.find('/') != std::string::npos) continue;
        if (!entry.is_folder && key.starts_with(prefix)) {
            each(key, entry.size);
        } else if (entry.is_folder && (key + "/").starts_with(prefix.substr(0, key.size() + 1))) {
            list_folder(key + "/", prefix, each, depth + 1);
        }
    }
}

}  // namespace bitx::remote
