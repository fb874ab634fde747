#include "remote/http/error_status.hpp"

#include <algorithm>
#include <charconv>
#include <ctime>

#include "remote/http/date.hpp"

namespace bitx::remote {
namespace {

/// RFC 9110, 10.2.3: seconds, or a date.
std::optional<std::chrono::seconds> retry_after(const HttpResponse& response) {
    const std::string value(response.header("retry-after"));
    if (value.empty()) return std::nullopt;
    long seconds = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
    if (error == std::errc() && end == value.data() + value.size() && seconds >= 0) {
        return std::chrono::seconds(std::min(seconds, 86'400L));
    }
    const auto date = parse_http_date(value);
    if (!date) return std::nullopt;
    return std::chrono::seconds(std::clamp<std::int64_t>(*date - std::time(nullptr), 0, 86'400));
}

std::string object_of(const HttpPurpose& purpose) {
    return purpose.key.empty() ? "the store " + purpose.store
                               : std::string(purpose.key) + " in the store " + purpose.store;
}

std::string text_of(const HttpResponse& response, const HttpPurpose& purpose, std::string_view detail) {
    return "cannot " + std::string(purpose.doing) + " " + object_of(purpose) + ": the server answered " +
           std::to_string(response.status) + (detail.empty() ? "" : " (" + one_line(detail) + ")");
}

}  // namespace

std::string one_line(std::string_view text) {
    std::string line(text.substr(0, 200));
    for (char& c : line) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
    }
    return line;
}

void throw_transient_http_error(const HttpResponse& response, const HttpPurpose& purpose,
                                std::string_view detail) {
    UnavailableError error(text_of(response, purpose, detail));
    error.answered = true;
    error.retry_after = retry_after(response);
    throw error;
}

void throw_http_error(const HttpResponse& response, const HttpPurpose& purpose, std::string_view detail) {
    const std::string object = object_of(purpose);
    if (response.status == 404 || response.status == 410) throw AbsentError(object + " does not exist");
    const std::string what = text_of(response, purpose, detail);
    switch (response.status) {
        case 401:
        case 407:
            throw DeniedError(what + "; check the credentials");
        case 403:
            throw DeniedError(what + "; these credentials do not allow that");
        case 412:
            throw ChangedError(object + " has changed; read it again");
        case 413:
            throw DeniedError(what + "; it is larger than the server takes: raise its limit (nginx: " +
                              "client_max_body_size)");
        case 507:
            throw DeniedError(what + "; the server's disk or your quota is full");
        case 501:
            throw UnsupportedError(what);
        case 408:
        case 423:
        case 425:
        case 429:
            break;
        default:
            if (response.status < 500) throw DeniedError(what);
    }
    throw_transient_http_error(response, purpose, detail);
}

}  // namespace bitx::remote
