#include "remote/s3/sigv4.hpp"

#include <doctest/doctest.h>

using namespace bitx::remote;

// The worked examples of the Amazon S3 API Reference, "Signature Calculations for the Authorization Header:
// Transferring Payload in a Single Chunk".
namespace {

const Credential example{"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", {}};
const SigV4Scope scope{"20130524T000000Z", "us-east-1"};

std::string signature(SigV4Request request) {
    request.headers.push_back({"Host", "examplebucket.s3.amazonaws.com"});
    request.headers.push_back({"x-amz-date", scope.date});
    request.headers.push_back({"x-amz-content-sha256", request.payload_hash});
    const std::string value = sigv4_authorization(request, scope, example);
    return value.substr(value.find("Signature=") + 10);
}

}  // namespace

TEST_CASE("AWS's example: GET an object's range") {
    CHECK(signature({"GET", "/test.txt", {}, {{"Range", "bytes=0-9"}}, sha256_hex("")}) ==
          "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

TEST_CASE("AWS's example: PUT an object whose key wants encoding") {
    CHECK(
        signature({"PUT",
                   "/test%24file.text",
                   {},
                   {{"Date", "Fri, 24 May 2013 00:00:00 GMT"}, {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
                   sha256_hex("Welcome to Amazon S3.")}) ==
        "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
}

TEST_CASE("AWS's example: a query parameter without value") {
    CHECK(signature({"GET", "/", {{"lifecycle", ""}}, {}, sha256_hex("")}) ==
          "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
}

TEST_CASE("AWS's example: list objects; the order of parameters does not matter") {
    CHECK(signature({"GET", "/", {{"prefix", "J"}, {"max-keys", "2"}}, {}, sha256_hex("")}) ==
          "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

// "get-vanilla" and "get-header-value-trim" of AWS's signature test suite.
TEST_CASE("AWS's test suite: another service, and values with blanks") {
    const Credential credential{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", {}};
    const SigV4Scope service{"20150830T123600Z", "us-east-1", "service"};
    SigV4Request request{
        "GET", "/", {}, {{"Host", "example.amazonaws.com"}, {"X-Amz-Date", service.date}}, sha256_hex("")};
    CHECK(sigv4_authorization(request, service, credential) ==
          "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
          "SignedHeaders=host;x-amz-date, "
          "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
    request.headers.push_back({"My-Header1", " value1"});
    request.headers.push_back({"My-Header2", " \"a   b   c\""});
    CHECK(sigv4_authorization(request, service, credential)
              .ends_with("acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"));
}

TEST_CASE("dates and queries are written as the signature wants them") {
    CHECK(amz_date(1369353600) == "20130524T000000Z");
    CHECK(canonical_query({{"b", "/ +"}, {"a", ""}, {"a-", "1"}}) == "a=&a-=1&b=%2F%20%2B");
}

TEST_CASE("a body is hashed by parts") {
    const std::string text = "0123456789";
    const Body body{std::as_bytes(std::span(text)), {}};
    CHECK(sha256_hex(body, {}) == sha256_hex(text));
    CHECK(sha256_hex(body, {3, 4}) == sha256_hex("3456"));
}
