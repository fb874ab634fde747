#pragma once

#include <ctime>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "remote/credential.hpp"
#include "remote/http/error_status.hpp"
#include "remote/http/transport.hpp"
#include "remote/s3/sigv4.hpp"
#include "remote/url.hpp"

namespace bitx::remote {

/// Where a bucket is served. What the user configured, never what a committed file says.
struct S3Endpoint {
    std::string url;                 ///< "https://minio.example.org:9000"; empty: AWS
    std::string region;              ///< empty: us-east-1 until the service names another
    std::optional<bool> path_style;  ///< https://host/bucket; unset: except with AWS

    bool is_aws() const;
};

/// A request on a bucket: `path` is a key below the bucket, empty for the bucket itself.
struct S3Request {
    std::string method;
    std::string path;
    QueryParameters query;
    std::vector<HttpHeader> headers;
    bool has_body = false;
    Body body;
    ByteRange part;
    std::optional<std::chrono::seconds> patience;  ///< as HttpRequest has it
};

/// Sends signed requests to one bucket. Corrects what a service may tell about a request once and sends it
/// again: the region, a clock that is off, credentials that have expired. Redirects other than to a region of
/// AWS are refused. Without credentials requests are not signed: a public bucket. Thread-safe.
class S3Client {
  public:
    /// `credentials` may be null. It is asked for the endpoint's host (s3.amazonaws.com
    /// for AWS) and the bucket as path. `store` is how messages name the bucket.
    S3Client(std::string bucket, S3Endpoint endpoint, std::shared_ptr<HttpTransport> transport,
             std::shared_ptr<CredentialSource> credentials, std::string store);

    /// Errors of the transport; every status is returned. `route` is asked only about 200 and 206.
    HttpResponse send(const S3Request& request, const BodyRouter& route = {});

    /// Throws what an answer other than success means, with the service's own words.
    [[noreturn]] void fail(const HttpResponse& response, const HttpPurpose& purpose) const;

    const S3Endpoint& endpoint() const { return endpoint_; }

  private:
    struct State {
        std::string region;
        std::time_t clock_offset = 0;  ///< seconds that the service is ahead of us
        std::optional<Credential> credential;
        bool asked = false;
        bool approved = false;
    };
    State current();
    bool has_credentials() const;
    std::string base_url(const std::string& region) const;
    HttpRequest signed_request(const S3Request& request, const State& state, const std::string& base) const;
    bool correct(const HttpResponse& response, const State& used, bool is_head);
    bool renew_credential(const State& used);
    void approve(const State& used);
    std::optional<std::string> redirected_base(const HttpResponse& response, const std::string& base) const;

    std::string bucket_;
    S3Endpoint endpoint_;
    std::shared_ptr<HttpTransport> transport_;
    std::shared_ptr<CredentialSource> credentials_;
    CredentialRequest credential_request_;
    std::string store_;
    mutable std::mutex mutex_;
    State state_;
};

}  // namespace bitx::remote
