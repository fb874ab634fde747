#include "remote/s3/s3_engine.hpp"

#include <algorithm>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

#include "remote/body.hpp"
#include "remote/s3/xml.hpp"

namespace bitx::remote {

S3Engine::S3Engine(StoreUrl url, S3Options options, std::shared_ptr<HttpTransport> transport,
                   std::shared_ptr<CredentialSource> credentials)
    : url_(std::move(url)),
      options_(std::move(options)),
      client_(url_.host, options_.endpoint, std::move(transport), std::move(credentials), url_.redacted()),
      // Google's service has only a condition of its own, whose header it refuses beside Amazon's.
      has_conditions_(!client_.endpoint().url.ends_with("//storage.googleapis.com")) {}

S3Request S3Engine::request(std::string method, std::string_view key) const {
    S3Request request;
    request.method = std::move(method);
    request.path = url_.path.empty() ? std::string(key) : url_.path + "/" + std::string(key);
    return request;
}

std::optional<ObjectInfo> S3Engine::head(std::string_view key) {
    check_key(key);
    const HttpResponse response = client_.send(request("HEAD", key));
    if (response.status == 404) return std::nullopt;
    if (!response.is_success()) client_.fail(response, purpose("look up", key));
    const ObjectHeader header = object_header(response);
    if (!header.size) {
        throw UnavailableError(std::string(key) + " in the store " + describe() + " has no Content-Length");
    }
    return ObjectInfo{*header.size, header.version()};
}

ObjectInfo S3Engine::get(std::string_view key, ByteRange range, const Sink& sink, std::string_view version) {
    check_key(key);
    if (range.length > 0) {
        S3Request template_request = request("GET", key);
        if (version.starts_with('"')) template_request.headers = {{"If-Match", std::string(version)}};
        const auto send = [&](const HttpRequest& http, const BodyRouter& route) {
            S3Request get = template_request;
            get.headers.insert(get.headers.end(), http.headers.begin(), http.headers.end());
            return client_.send(get, route);
        };
        const auto fail = [&](const HttpResponse& response) {
            if (response.status == 404 && parse_s3_error(response.body).code != "NoSuchBucket") return;
            client_.fail(response, purpose("read", key));
        };
        if (const auto info = read_object(send, {}, range, sink, version, purpose("read", key), fail)) {
            return *info;
        }
    }
    const auto info = head(key);
    if (!info) throw AbsentError(std::string(key) + " in the store " + describe() + " does not exist");
    if (!version.empty() && version != info->version) {
        throw ChangedError(std::string(key) + " in the store " + describe() + " has changed; read it again");
    }
    return *info;
}

/// What makes a write one that only creates.
std::vector<HttpHeader> S3Engine::condition(PutMode mode) const {
    if (mode == PutMode::replace || !has_conditions_) return {};
    return {{"If-None-Match", "*"}};
}

/// What the answer to a conditional write means; nothing: the service knows no conditions, and the write is
/// to be sent again without.
std::optional<PutResult> S3Engine::put_outcome(const HttpResponse& response, std::string_view key,
                                               PutMode mode) {
    // CompleteMultipartUpload may fail with status 200 and an error for a body.
    if (response.is_success() && parse_s3_error(response.body).code.empty()) return PutResult::written;
    if (mode == PutMode::create_if_absent) {
        if (response.status == 412) return PutResult::existed;
        if (response.status == 501 && has_conditions_.exchange(false)) return std::nullopt;
    }
    client_.fail(response, purpose("write", key));
}

PutResult S3Engine::put(std::string_view key, const Body& body, PutMode mode) {
    check_key(key);
    const std::uint64_t size = body_size(body);
    while (true) {
        if (mode == PutMode::create_if_absent && !has_conditions_ && head(key)) return PutResult::existed;
        const auto result =
            size > options_.largest_put ? put_parts(key, body, size, mode) : put_whole(key, body, mode);
        if (result) return *result;
    }
}

std::optional<PutResult> S3Engine::put_whole(std::string_view key, const Body& body, PutMode mode) {
    S3Request put = request("PUT", key);
    put.has_body = true;
    put.body = body;
    put.headers = condition(mode);
    put.headers.push_back({"Content-Type", "application/octet-stream"});
    return put_outcome(client_.send(put), key, mode);
}

std::optional<PutResult> S3Engine::put_parts(std::string_view key, const Body& body, std::uint64_t size,
                                             PutMode mode) {
    constexpr std::uint64_t most_parts = 10'000;
    const std::uint64_t part_size = std::max(options_.part_size, (size + most_parts - 1) / most_parts);
    const std::string upload = with_retry(options_.retry, [&] {
        S3Request begin = request("POST", key);
        begin.query = {{"uploads", ""}};
        begin.has_body = true;
        const HttpResponse response = client_.send(begin);
        if (!response.is_success()) client_.fail(response, purpose("write", key));
        return parse_s3_upload_id(response.body, describe());
    });
    const auto abort = [&] {
        // Parts that are not put together cost their owner money; that this fails changes nothing about why.
        try {
            S3Request request_abort = request("DELETE", key);
            request_abort.query = {{"uploadId", upload}};
            client_.send(request_abort);
        } catch (const Error&) {
        }
    };
    try {
        std::vector<std::string> etags((size + part_size - 1) / part_size);
        for_each_part(etags.size(), [&](std::size_t i) {
            etags[i] = upload_part(key, body, {i * part_size, part_size}, upload, i + 1);
        });
        const auto outcome = put_outcome(complete_upload(key, upload, etags, size, mode), key, mode);
        if (outcome != PutResult::written) abort();
        return outcome;
    } catch (...) {
        abort();
        throw;
    }
}

/// Calls `each` with 0 to count - 1: from this thread, whose slot its caller holds, and from one more for
/// each slot that is free now. After an exception no further one begins, and the first is thrown on.
void S3Engine::for_each_part(std::size_t count, const std::function<void(std::size_t)>& each) const {
    std::atomic<std::size_t> next = 0;
    std::mutex mutex;
    std::exception_ptr failure;
    const auto work = [&] {
        try {
            for (std::size_t i; (i = next++) < count;) each(i);
        } catch (...) {
            next = count;
            const std::lock_guard lock(mutex);
            if (!failure) failure = std::current_exception();
        }
    };
    {
        std::vector<std::jthread> threads;
        while (options_.slots && threads.size() + 1 < count) {
            auto slot = options_.slots->try_take();
            if (!slot) break;
            threads.emplace_back([&work, slot = std::move(*slot)] { work(); });
        }
        work();
    }
    if (failure) std::rethrow_exception(failure);
}

std::string S3Engine::upload_part(std::string_view key, const Body& body, ByteRange part,
                                  const std::string& upload, std::size_t number) {
    return with_retry(options_.retry, [&] {
        S3Request put = request("PUT", key);
        put.query = {{"partNumber", std::to_string(number)}, {"uploadId", upload}};
        put.has_body = true;
        put.body = body;
        put.part = part;
        const HttpResponse response = client_.send(put);
        if (!response.is_success()) client_.fail(response, purpose("write", key));
        std::string etag(response.header("etag"));
        if (etag.empty())
            throw UnavailableError("a part of " + std::string(key) + " was stored without an ETag");
        return etag;
    });
}

HttpResponse S3Engine::complete_upload(std::string_view key, const std::string& upload,
                                       const std::vector<std::string>& etags, std::uint64_t size,
                                       PutMode mode) {
    const std::string parts = format_s3_parts(etags);
    bool again = false;
    return with_retry(options_.retry, [&] {
        S3Request complete = request("POST", key);
        complete.query = {{"uploadId", upload}};
        complete.headers = condition(mode);
        complete.headers.push_back({"Content-Type", "application/xml"});
        complete.has_body = true;
        complete.body.memory = std::as_bytes(std::span(parts));
        complete.patience = std::chrono::minutes(15);  // some services copy the parts together now
        HttpResponse response = client_.send(complete);
        const std::string code = parse_s3_error(response.body).code;
        if (std::exchange(again, true) && code == "NoSuchUpload") {
            // The answer to the first attempt was lost: did it succeed?
            const auto info = head(key);
            if (info && info->size == size) return HttpResponse{200, {}, {}};
        }
        if (response.status >= 500 && response.status != 501) client_.fail(response, purpose("write", key));
        if (response.is_success() && !code.empty()) client_.fail(response, purpose("write", key));
        return response;
    });
}

void S3Engine::list(std::string_view prefix,
                    const std::function<void(std::string_view key, std::uint64_t size)>& each) {
    const std::string own = url_.path.empty() ? "" : url_.path + "/";
    std::string continuation;
    do {
        S3Request list;
        list.method = "GET";
        list.query = {{"list-type", "2"}, {"encoding-type", "url"}, {"prefix", own + std::string(prefix)}};
        if (!continuation.empty()) list.query.emplace_back("continuation-token", continuation);
        const HttpResponse response = client_.send(list);
        if (!response.is_success()) client_.fail(response, purpose("list", prefix));
        S3Listing page = parse_s3_listing(response.body, describe());
        for (const auto& [path, size] : page.objects) {
            if (!path.starts_with(own)) continue;
            const std::string key = path.substr(own.size());
            try {
                check_key(key);
            } catch (const LayoutError&) {
                continue;
            }
            each(key, size);
        }
        continuation = std::move(page.continuation);
    } while (!continuation.empty());
}

void S3Engine::remove(std::string_view key) {
    check_key(key);
    const HttpResponse response = client_.send(request("DELETE", key));
    if (response.is_success() || response.status == 404) return;
    client_.fail(response, purpose("remove", key));
}

}  // namespace bitx::remote
