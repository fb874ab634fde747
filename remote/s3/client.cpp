#include "remote/s3/client.hpp"

#include <algorithm>
#include <cctype>

#include "remote/http/date.hpp"
#include "remote/http/origin.hpp"
#include "remote/s3/xml.hpp"

namespace bitx::remote {
namespace {

constexpr std::string_view aws_domain = ".amazonaws.com";
constexpr std::time_t tolerated_skew = 240;  // seconds; services refuse at 900
constexpr int most_corrections = 4;

/// A region becomes part of a host name: it must not lead elsewhere.
bool is_region(std::string_view text) {
    return !text.empty() && text.size() <= 32 && std::ranges::all_of(text, [](unsigned char c) {
        return std::islower(c) || std::isdigit(c) || c == '-';
    });
}

/// A bucket's name as part of a host name: without dots, for which no certificate is made.
bool is_host_label(std::string_view text) {
    return text.size() >= 3 && text.size() <= 63 && std::ranges::all_of(text, [](unsigned char c) {
               return std::islower(c) || std::isdigit(c) || c == '-';
           });
}

std::string host_of(const Origin& origin) {
    const bool standard = origin.port == (origin.scheme == "https" ? "443" : "80");
    return origin.host + (standard ? "" : ":" + origin.port);
}

}  // namespace

bool S3Endpoint::is_aws() const {
    if (url.empty()) return true;
    const std::string host = origin_of(url).host;
    return host.ends_with(aws_domain) || host == aws_domain.substr(1);
}

S3Client::S3Client(std::string bucket, S3Endpoint endpoint, std::shared_ptr<HttpTransport> transport,
                   std::shared_ptr<CredentialSource> credentials, std::string store)
    : bucket_(std::move(bucket)),
      endpoint_(std::move(endpoint)),
      transport_(std::move(transport)),
      credentials_(std::move(credentials)),
      store_(std::move(store)) {
    while (endpoint_.url.ends_with('/')) endpoint_.url.pop_back();
    if (!endpoint_.region.empty() && !is_region(endpoint_.region)) {
        throw LayoutError("'" + one_line(endpoint_.region) +
                          "' is not a region (set with bitx.<url>.region)");
    }
    state_.region = endpoint_.region.empty() ? "us-east-1" : endpoint_.region;
    const Origin origin = origin_of(endpoint_.url.empty() ? "https://s3.amazonaws.com" : endpoint_.url);
    credential_request_ = {origin.scheme, host_of(origin), bucket_, {}};
}

/// The URL that a key is appended to, without '/' at its end.
std::string S3Client::base_url(const std::string& region) const {
    const std::string endpoint =
        endpoint_.url.empty() ? "https://s3." + region + std::string(aws_domain) : endpoint_.url;
    const bool path_style = endpoint_.path_style.value_or(!endpoint_.is_aws()) || !is_host_label(bucket_);
    if (path_style) return endpoint + "/" + percent_encode(bucket_, false);
    const auto host = endpoint.find("://") + 3;
    return endpoint.substr(0, host) + bucket_ + "." + endpoint.substr(host);
}

bool S3Client::has_credentials() const {
    const std::lock_guard lock(mutex_);
    return state_.credential.has_value();
}

S3Client::State S3Client::current() {
    const std::lock_guard lock(mutex_);
    if (!state_.asked && credentials_ != nullptr) {
        state_.credential = credentials_->fill(credential_request_);
        state_.asked = true;
    }
    return state_;
}

HttpRequest S3Client::signed_request(const S3Request& request, const State& state,
                                     const std::string& base) const {
    const Origin origin = origin_of(base);
    const std::string path = base.substr(std::min(base.find('/', base.find("://") + 3), base.size())) +
                             (request.path.empty() ? "" : "/" + percent_encode(request.path));
    const std::string root = base.substr(0, std::min(base.find('/', base.find("://") + 3), base.size()));
    const std::string query = canonical_query(request.query);
    HttpRequest http;
    http.method = request.method;
    http.url = root + (path.empty() ? "/" : path) + (query.empty() ? "" : "?" + query);
    http.headers = request.headers;
    http.has_body = request.has_body;
    http.body = request.body;
    http.part = request.part;
    http.patience = request.patience;
    if (!state.credential) return http;

    // Over TLS the connection protects the body; hashing it would read a file twice.
    const std::string payload = !request.has_body          ? sha256_hex("")
                                : origin.scheme == "https" ? "UNSIGNED-PAYLOAD"
                                                           : sha256_hex(request.body, request.part);
    const std::string date = amz_date(std::time(nullptr) + state.clock_offset);
    std::vector<HttpHeader> to_sign = {{"x-amz-content-sha256", payload}, {"x-amz-date", date}};
    if (!state.credential->session_token.empty()) {
        to_sign.push_back({"x-amz-security-token", state.credential->session_token});
    }
    http.headers.insert(http.headers.end(), to_sign.begin(), to_sign.end());
    to_sign.push_back({"host", host_of(origin)});
    http.headers.push_back({"Authorization", sigv4_authorization({request.method, path.empty() ? "/" : path,
                                                                  request.query, std::move(to_sign), payload},
                                                                 {date, state.region}, *state.credential)});
    return http;
}

HttpResponse S3Client::send(const S3Request& request, const BodyRouter& route) {
    std::optional<std::string> elsewhere;
    for (int corrections = 0;; ++corrections) {
        const State state = current();
        const std::string base = elsewhere.value_or(base_url(state.region));
        HttpResponse response =
            transport_->send(signed_request(request, state, base), [&](const HttpResponse& head) {
                const bool wanted = head.status == 200 || head.status == 206;
                return wanted && route ? route(head) : Sink();
            });
        if (response.is_success()) {
            approve(state);
            return response;
        }
        if (corrections >= most_corrections) return response;
        if (correct(response, state, request.method == "HEAD")) {
            elsewhere.reset();
            continue;
        }
        if (response.status < 300 || response.status >= 400 || response.status == 304) return response;
        elsewhere = redirected_base(response, base);
        if (!elsewhere) {
            throw DeniedError("the server of the store " + store_ + " redirects to " +
                              redact_url(response.header("location")) +
                              ", which is not followed; check bitx.<url>.endpoint and bitx.<url>.region");
        }
    }
}

/// AWS sends requests for a young bucket to its region by 307, within its own domain.
std::optional<std::string> S3Client::redirected_base(const HttpResponse& response,
                                                     const std::string& base) const {
    if (response.status != 307 || !endpoint_.is_aws()) return std::nullopt;
    const auto target = resolve_location(base, response.header("location"));
    if (!target) return std::nullopt;
    const Origin origin = origin_of(*target);
    if (origin.scheme != "https" || origin.port != "443" || !origin.host.ends_with(aws_domain)) {
        return std::nullopt;
    }
    const bool in_host = origin.host.starts_with(bucket_ + ".");
    return "https://" + origin.host + (in_host ? "" : "/" + percent_encode(bucket_, false));
}

/// Takes from a refusal what can be corrected. Tells whether the request is worth another try.
bool S3Client::correct(const HttpResponse& response, const State& used, bool is_head) {
    const S3ErrorDocument error = parse_s3_error(response.body);
    std::string region(response.header("x-amz-bucket-region"));
    if (region.empty()) region = error.region;
    if (is_region(region) && region != used.region) {
        const std::lock_guard lock(mutex_);
        if (state_.region == used.region) state_.region = region;
        return true;
    }
    if (!used.credential) return false;
    if (response.status == 403) {
        const auto there = parse_http_date(response.header("date"));
        const std::time_t offset = there.value_or(0) - std::time(nullptr);
        const bool skewed = there && std::abs(offset - used.clock_offset) > tolerated_skew;
        if (skewed && (error.code == "RequestTimeTooSkewed" || is_head)) {
            const std::lock_guard lock(mutex_);
            state_.clock_offset = offset;
            return true;
        }
    }
    constexpr std::string_view of_credentials[] = {"InvalidAccessKeyId", "SignatureDoesNotMatch",
                                                   "ExpiredToken", "InvalidToken", "TokenRefreshRequired"};
    if (std::ranges::find(of_credentials, error.code) == std::end(of_credentials)) return false;
    return renew_credential(used);
}

bool S3Client::renew_credential(const State& used) {
    const std::lock_guard lock(mutex_);
    const auto differs = [](const Credential& a, const Credential& b) {
        return a.user != b.user || a.secret != b.secret || a.session_token != b.session_token;
    };
    if (!state_.credential) return false;
    if (differs(*state_.credential, *used.credential)) return true;  // another thread has asked meanwhile
    credentials_->reject(credential_request_, *used.credential);
    const auto renewed = credentials_->fill(credential_request_);
    if (!renewed || !differs(*renewed, *used.credential)) return false;
    state_.credential = renewed;
    state_.approved = false;
    return true;
}

void S3Client::approve(const State& used) {
    if (used.approved || !used.credential) return;
    const std::lock_guard lock(mutex_);
    if (std::exchange(state_.approved, true)) return;
    credentials_->approve(credential_request_, *used.credential);
}

void S3Client::fail(const HttpResponse& response, const HttpPurpose& purpose) const {
    const S3ErrorDocument error = parse_s3_error(response.body);
    const std::string said = error.code.empty() ? "" : error.code + ": " + error.message;
    const auto denied = [&](const std::string& advice) {
        throw DeniedError("cannot " + std::string(purpose.doing) + " " + std::string(purpose.key) +
                          " in the store " + purpose.store + ": the server answered " +
                          std::to_string(response.status) + " (" + one_line(said) + "); " + advice);
    };
    if (error.code == "NoSuchBucket") denied("create the bucket, or check its name");
    if (error.code == "InvalidAccessKeyId") denied("check the access key");
    if (error.code == "SignatureDoesNotMatch") denied("check the secret key and bitx.<url>.region");
    if (error.code == "ExpiredToken" || error.code == "InvalidToken" ||
        error.code == "TokenRefreshRequired") {
        denied("get new temporary credentials");
    }
    if (error.code == "RequestTimeTooSkewed") denied("set this machine's clock");
    if ((response.status == 403 || response.status == 401) && !has_credentials()) {
        denied(
            "there are no credentials for it: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or "
            "bitx.<url>.profile, or let git have them (git help credentials)");
    }
    if (response.status == 403 && error.code.empty()) {
        throw DeniedError("cannot " + std::string(purpose.doing) + " " + std::string(purpose.key) +
                          " in the store " + purpose.store +
                          ": the server answered 403; these credentials do not " +
                          "allow that, or (without s3:ListBucket) not even to learn that it does not exist");
    }
    if (error.code == "RequestTimeout" || error.code == "OperationAborted" ||
        error.code == "ConditionalRequestConflict" || error.code == "InternalError" ||
        error.code == "SlowDown") {
        throw_transient_http_error(response, purpose, said);  // some come as 400, 409, or within a 200
    }
    throw_http_error(response, purpose, said);
}

}  // namespace bitx::remote
