#pragma once

#include <cstddef>
#include <ctime>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "remote/credential.hpp"
#include "remote/http/message.hpp"

namespace bitx::remote {

/// AWS Signature Version 4 in the Authorization header, as S3 wants it: the path is encoded once and not
/// normalised. Source: "Authenticating Requests: Using the Authorization Header", Amazon S3 API Reference.

using QueryParameters = std::vector<std::pair<std::string, std::string>>;  // not encoded

struct SigV4Request {
    std::string method;
    std::string path;  ///< percent-encoded, begins with '/'
    QueryParameters query;
    std::vector<HttpHeader> headers;  ///< all are signed; host and x-amz-date must be among them
    std::string payload_hash;         ///< value of x-amz-content-sha256
};

/// Where and when a signature holds.
struct SigV4Scope {
    std::string date;  ///< as amz_date gives it
    std::string region;
    std::string service = "s3";
};

/// The header's value.
std::string sigv4_authorization(const SigV4Request& request, const SigV4Scope& scope,
                                const Credential& credential);

/// "20130524T000000Z".
std::string amz_date(std::time_t time);

/// "a=1&b=%2F", sorted and encoded as the signature wants it; also good for the URL.
std::string canonical_query(const QueryParameters& query);

std::string sha256_hex(std::string_view bytes);
/// Of a part of a body. Throws Error where its file cannot be read.
std::string sha256_hex(const Body& body, ByteRange part);

}  // namespace bitx::remote
