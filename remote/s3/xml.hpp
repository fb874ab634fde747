#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bitx::remote {

/// The XML documents of the S3 API, whatever their namespace.

struct S3ErrorDocument {
    std::string code;  ///< "NoSuchKey"; empty where the text is no error document
    std::string message;
    std::string region;  ///< that the bucket is in, where the error is about that
};
S3ErrorDocument parse_s3_error(std::string_view xml);

struct S3Listing {
    std::vector<std::pair<std::string, std::uint64_t>> objects;  ///< keys decoded
    std::string continuation;                                    ///< empty: this was the last page
};
/// Throws UnavailableError for what is no ListBucketResult.
S3Listing parse_s3_listing(std::string_view xml, std::string_view store);

/// The UploadId of an InitiateMultipartUploadResult; throws UnavailableError where there is none.
std::string parse_s3_upload_id(std::string_view xml, std::string_view store);

/// The body of CompleteMultipartUpload: part numbers from 1, in the order of their ETags.
std::string format_s3_parts(const std::vector<std::string>& etags);

}  // namespace bitx::remote
