#include "remote/s3/xml.hpp"

#include <doctest/doctest.h>

#include "remote/error.hpp"

using namespace bitx::remote;

TEST_CASE("an error document") {
    const auto error = parse_s3_error(
        R"(<?xml version="1.0" encoding="UTF-8"?><Error><Code>AuthorizationHeaderMalformed</Code>)"
        R"(<Message>a &lt;b&gt;</Message><Region>eu-west-1</Region></Error>)");
    CHECK(error.code == "AuthorizationHeaderMalformed");
    CHECK(error.message == "a <b>");
    CHECK(error.region == "eu-west-1");
    for (const char* other : {"", "<html>no</html>", "<CompleteMultipartUploadResult/>", "not xml"}) {
        CHECK(parse_s3_error(other).code.empty());
    }
}

TEST_CASE("a listing: keys are XML- and URL-encoded") {
    const auto page = parse_s3_listing(
        R"(<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><EncodingType>url</EncodingType>)"
        R"(<Contents><Key>a%26b/c</Key><Size>12</Size></Contents><Contents><Key>d&amp;e</Key><Size>0</Size></Contents>)"
        R"(<IsTruncated>true</IsTruncated><NextContinuationToken>a+/=</NextContinuationToken></ListBucketResult>)",
        "s3://b");
    REQUIRE(page.objects.size() == 2);
    CHECK(page.objects[0] == std::pair<std::string, std::uint64_t>("a&b/c", 12));
    CHECK(page.objects[1].first == "d&e");
    CHECK(page.continuation == "a+/=");
    CHECK(parse_s3_listing("<ListBucketResult><Contents><Key>a%26</Key></Contents></ListBucketResult>",
                           "s3://b")
              .objects[0]
              .first == "a%26");
}

TEST_CASE("what is no listing is not an empty one") {
    for (const char* bad : {"", "<html/>", "<Error/>", "<ListBucketResult>",
                            "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>"}) {
        CAPTURE(bad);
        CHECK_THROWS_AS(parse_s3_listing(bad, "s3://b"), UnavailableError);
    }
}

TEST_CASE("a multipart upload's documents") {
    CHECK(parse_s3_upload_id("<InitiateMultipartUploadResult><UploadId>x&amp;y</UploadId>"
                             "</InitiateMultipartUploadResult>",
                             "s3://b") == "x&y");
    CHECK_THROWS_AS(parse_s3_upload_id("<InitiateMultipartUploadResult/>", "s3://b"), UnavailableError);
    CHECK(format_s3_parts({"\"a\"", "\"b\""}) ==
          "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>\"a\"</ETag></Part>"
          "<Part><PartNumber>2</PartNumber><ETag>\"b\"</ETag></Part></CompleteMultipartUpload>");
}
