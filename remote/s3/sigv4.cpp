#include "remote/s3/sigv4.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <memory>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "remote/body.hpp"
#include "remote/url.hpp"

namespace bitx::remote {
namespace {

using Sha256Digest = std::array<unsigned char, 32>;

std::string hex(const Sha256Digest& digest) {
    constexpr char digits[] = "0123456789abcdef";
    std::string text;
    for (const unsigned char byte : digest) {
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
    return text;
}

class Sha256 {
  public:
    Sha256() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
        check(context_ ? EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) : 0);
    }
    void update(const void* bytes, std::size_t size) { check(EVP_DigestUpdate(context_.get(), bytes, size)); }
    Sha256Digest finish() {
        Sha256Digest digest{};
        check(EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr));
        return digest;
    }

  private:
    static void check(int result) {
        if (result != 1) throw Error("libcrypto cannot compute a SHA-256");
    }
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

Sha256Digest hmac(std::string_view key, std::string_view message) {
    Sha256Digest digest{};
    unsigned size = 0;
    if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
             reinterpret_cast<const unsigned char*>(message.data()), message.size(), digest.data(),
             &size) == nullptr) {
        throw Error("libcrypto cannot compute an HMAC");
    }
    return digest;
}

std::string_view text_of(const Sha256Digest& digest) {
    return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

/// Without blanks at its ends, and with single ones inside.
std::string trimmed(std::string_view value) {
    std::string text;
    for (const char c : value) {
        if (c != ' ' || (!text.empty() && text.back() != ' ')) text += c;
    }
    while (text.ends_with(' ')) text.pop_back();
    return text;
}

}  // namespace

std::string sha256_hex(std::string_view bytes) {
    Sha256 hash;
    hash.update(bytes.data(), bytes.size());
    return hex(hash.finish());
}

std::string sha256_hex(const Body& body, ByteRange part) {
    Sha256 hash;
    BodyReader reader(body, part);
    std::vector<std::byte> piece(1 << 18);
    while (const std::size_t count = reader.read(piece)) hash.update(piece.data(), count);
    return hex(hash.finish());
}

std::string amz_date(std::time_t time) {
    std::tm utc{};
    gmtime_r(&time, &utc);
    std::array<char, 20> text;
    const std::size_t size = std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%SZ", &utc);
    return {text.data(), size};
}

std::string canonical_query(const QueryParameters& query) {
    QueryParameters encoded;
    for (const auto& [name, value] : query) {
        encoded.emplace_back(percent_encode(name, false), percent_encode(value, false));
    }
    std::ranges::sort(encoded);
    std::string text;
    for (const auto& [name, value] : encoded) {
        if (!text.empty()) text += '&';
        text.append(name).append("=").append(value);
    }
    return text;
}

std::string sigv4_authorization(const SigV4Request& request, const SigV4Scope& scope,
                                const Credential& credential) {
    std::map<std::string, std::string> headers;  // sorted by their names in lower case
    for (const auto& [name, value] : request.headers) {
        std::string lower = name;
        std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
        headers[lower] = trimmed(value);
    }
    std::string signed_headers;
    std::string header_lines;
    for (const auto& [name, value] : headers) {
        signed_headers += (signed_headers.empty() ? "" : ";") + name;
        header_lines.append(name).append(":").append(value).append("\n");
    }
    const std::string canonical_request = request.method + "\n" + request.path + "\n" +
                                          canonical_query(request.query) + "\n" + header_lines + "\n" +
                                          signed_headers + "\n" + request.payload_hash;
    const std::string day = scope.date.substr(0, 8);
    const std::string credential_scope = day + "/" + scope.region + "/" + scope.service + "/aws4_request";
    const std::string to_sign =
        "AWS4-HMAC-SHA256\n" + scope.date + "\n" + credential_scope + "\n" + sha256_hex(canonical_request);
    const auto day_key = hmac("AWS4" + credential.secret, day);
    const auto region_key = hmac(text_of(day_key), scope.region);
    const auto service_key = hmac(text_of(region_key), scope.service);
    const auto key = hmac(text_of(service_key), "aws4_request");
    return "AWS4-HMAC-SHA256 Credential=" + credential.user + "/" + credential_scope +
           ", SignedHeaders=" + signed_headers + ", Signature=" + hex(hmac(text_of(key), to_sign));
}

}  // namespace bitx::remote
