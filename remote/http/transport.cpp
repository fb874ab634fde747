#include "remote/http/transport.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <exception>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include <curl/curl.h>

#include "remote/body.hpp"
#include "remote/url.hpp"

namespace bitx::remote {
namespace {

// Bytes. What fits a core's cache: 256 KiB and 1 MiB cost twice the processor time for each byte.
constexpr long receive_buffer = 100 << 10;
constexpr long send_buffer = 64 << 10;
constexpr long slowest = 1000;  // bytes a second, below which a transfer counts as stalled

struct EasyCleanup {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
using Easy = std::unique_ptr<CURL, EasyCleanup>;

struct ListCleanup {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, ListCleanup>;

/// One request under way: what libcurl's callbacks share. An exception cannot cross libcurl; it waits in
/// `failure` until curl_easy_perform has returned.
struct Exchange {
    const BodyRouter& route;
    const std::function<void(const HttpResponse&)>& observe;
    const std::function<void()>& interrupt;
    BodyReader* body = nullptr;
    HttpResponse response;
    Sink sink;
    bool routed = false;
    std::exception_ptr failure;

    void route_body() {
        if (std::exchange(routed, true)) return;
        if (observe) observe(response);
        if (route) sink = route(response);
    }

    void header_line(std::string_view line) {
        while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
        if (line.starts_with("HTTP/")) {  // of the final answer, or of a 100 before it
            response.headers.clear();
            const auto blank = line.find(' ');
            if (blank != std::string_view::npos) {
                const std::string_view code = line.substr(blank + 1, 3);
                std::from_chars(code.data(), code.data() + code.size(), response.status);
            }
            return;
        }
        const auto colon = line.find(':');
        if (colon == std::string_view::npos) return;
        std::string name(line.substr(0, colon));
        std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
        line.remove_prefix(colon + 1);
        while (!line.empty() && (line.front() == ' ' || line.front() == '\t')) line.remove_prefix(1);
        while (!line.empty() && (line.back() == ' ' || line.back() == '\t')) line.remove_suffix(1);
        response.headers.insert_or_assign(std::move(name), std::string(line));
    }

    void body_bytes(std::span<const std::byte> bytes) {
        route_body();
        if (sink) {
            sink(bytes);
        } else if (response.body.size() + bytes.size() > HttpTransport::largest_response) {
            throw UnavailableError("the server's answer is larger than any that it should give");
        } else {
            response.body.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        }
    }
};

template <typename Work>
std::size_t guarded(void* user, std::size_t done, std::size_t failed, const Work& work) {
    auto& exchange = *static_cast<Exchange*>(user);
    try {
        work(exchange);
        return done;
    } catch (...) {
        exchange.failure = std::current_exception();
        return failed;
    }
}

std::size_t on_header(char* data, std::size_t, std::size_t size, void* user) {
    return guarded(user, size, size + 1, [&](Exchange& exchange) { exchange.header_line({data, size}); });
}

std::size_t on_body(char* data, std::size_t, std::size_t size, void* user) {
    return guarded(user, size, size + 1,
                   [&](Exchange& exchange) { exchange.body_bytes(std::as_bytes(std::span(data, size))); });
}

std::size_t on_read(char* into, std::size_t, std::size_t size, void* user) {
    std::size_t count = 0;
    const std::size_t result = guarded(user, 0, CURL_READFUNC_ABORT, [&](Exchange& exchange) {
        count = exchange.body->read(std::as_writable_bytes(std::span(into, size)));
    });
    return result == 0 ? count : result;
}

int on_progress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return guarded(user, 0, 1, [](Exchange& exchange) { exchange.interrupt(); }) == 0 ? 0 : 1;
}

int on_seek(void* user, curl_off_t offset, int origin) {
    if (origin != SEEK_SET || offset < 0) return CURL_SEEKFUNC_CANTSEEK;
    static_cast<Exchange*>(user)->body->seek(static_cast<std::uint64_t>(offset));
    return CURL_SEEKFUNC_OK;
}

void initialise_libcurl() {
    static const CURLcode result = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (result != CURLE_OK)
        throw Error("cannot initialise libcurl: " + std::string(curl_easy_strerror(result)));
}

[[noreturn]] void throw_curl_error(CURLcode code, const char* detail, const HttpRequest& request) {
    const std::string what = "cannot reach " + redact_url(request.url) + ": " +
                             (*detail != '\0' ? detail : curl_easy_strerror(code));
    switch (code) {
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_CACERT_BADFILE:
        case CURLE_SSL_ISSUER_ERROR:
            throw DeniedError(what + "; if the server has a certificate of your own, set bitx.<url>.caFile");
        case CURLE_URL_MALFORMAT:
        case CURLE_UNSUPPORTED_PROTOCOL:
            throw LayoutError(what);
        default:
            throw UnavailableError(what);
    }
}

}  // namespace

/// Idle handles, each with its live connections.
class HttpTransport::Pool {
  public:
    Easy take() {
        {
            const std::lock_guard lock(mutex_);
            if (!idle_.empty()) {
                Easy handle = std::move(idle_.back());
                idle_.pop_back();
                return handle;
            }
        }
        Easy handle(curl_easy_init());
        if (!handle) throw std::bad_alloc();
        return handle;
    }
    void give_back(Easy handle) {
        curl_easy_reset(handle.get());  // forgets the request, keeps the connections
        const std::lock_guard lock(mutex_);
        idle_.push_back(std::move(handle));
    }

  private:
    std::mutex mutex_;
    std::vector<Easy> idle_;
};

HttpTransport::HttpTransport(TransportOptions options)
    : options_(std::move(options)), pool_(std::make_unique<Pool>()) {
    initialise_libcurl();
}

HttpTransport::~HttpTransport() = default;

HttpResponse HttpTransport::send(const HttpRequest& request, const BodyRouter& route) {
    Easy easy = pool_->take();
    CURL* const handle = easy.get();
    const auto set = [&](auto option, auto value) { curl_easy_setopt(handle, option, value); };
    std::array<char, CURL_ERROR_SIZE> detail{};
    std::optional<BodyReader> body;
    Exchange exchange{route, options_.observe, options_.interrupt, nullptr, {}, {}, false, nullptr};

    set(CURLOPT_URL, request.url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_ERRORBUFFER, detail.data());
    set(CURLOPT_USERAGENT, options_.user_agent.c_str());
    set(CURLOPT_CONNECTTIMEOUT, static_cast<long>(options_.connect_timeout.count()));
    set(CURLOPT_LOW_SPEED_LIMIT, slowest);
    set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(request.patience.value_or(options_.stall_timeout).count()));
    set(CURLOPT_BUFFERSIZE, receive_buffer);
    set(CURLOPT_UPLOAD_BUFFERSIZE, send_buffer);
    set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    if (!options_.ca_file.empty()) set(CURLOPT_CAINFO, options_.ca_file.c_str());
    set(CURLOPT_HEADERFUNCTION, &on_header);
    set(CURLOPT_HEADERDATA, &exchange);
    set(CURLOPT_WRITEFUNCTION, &on_body);
    set(CURLOPT_WRITEDATA, &exchange);
    if (options_.interrupt) {
        set(CURLOPT_NOPROGRESS, 0L);
        set(CURLOPT_XFERINFOFUNCTION, &on_progress);
        set(CURLOPT_XFERINFODATA, &exchange);
    }
    if (request.has_body) {
        body.emplace(request.body, request.part);
        exchange.body = &*body;
        set(CURLOPT_UPLOAD, 1L);
        set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(body->size()));
        set(CURLOPT_READFUNCTION, &on_read);
        set(CURLOPT_READDATA, &exchange);
        set(CURLOPT_SEEKFUNCTION, &on_seek);
        set(CURLOPT_SEEKDATA, &exchange);
    }
    if (request.method == "HEAD") {
        set(CURLOPT_NOBODY, 1L);
    } else {
        set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
    }

    HeaderList headers;
    const auto add = [&](const std::string& line) {
        if (line.find_first_of("\r\n") != std::string::npos) throw LayoutError("a header has a line break");
        curl_slist* longer = curl_slist_append(headers.get(), line.c_str());
        if (longer == nullptr) throw std::bad_alloc();
        static_cast<void>(headers.release());
        headers.reset(longer);
    };
    add("Expect:");  // waiting for a 100 costs a second an object where the server does not send it
    for (const auto& [name, value] : request.headers) {
        add(value.empty() ? name + ";" : name + ": " + value);
    }
    set(CURLOPT_HTTPHEADER, headers.get());

    const CURLcode code = curl_easy_perform(handle);
    // The handle goes back even after a failure: libcurl has closed the connection that failed.
    pool_->give_back(std::move(easy));
    if (exchange.failure) std::rethrow_exception(exchange.failure);
    if (code != CURLE_OK) throw_curl_error(code, detail.data(), request);
    exchange.route_body();
    return std::move(exchange.response);
}

}  // namespace bitx::remote
