#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "remote/decorator/request_slots.hpp"
#include "remote/decorator/retry.hpp"
#include "remote/http/read_object.hpp"
#include "remote/s3/client.hpp"

namespace bitx::remote {

struct S3Options {
    S3Endpoint endpoint;
    std::uint64_t largest_put = std::uint64_t{1} << 30;  ///< bytes; what is larger goes by multipart upload
    std::uint64_t part_size = 64 << 20;  ///< bytes of a part; more where there would be over 10,000 of them
    RetryPolicy retry;                   ///< for the requests inside a multipart upload
    std::shared_ptr<RequestSlots>
        slots;  ///< whose free ones the parts of an upload may take; null: one by one
};

/// A store in an S3 bucket, below a prefix: AWS, MinIO, Ceph, R2, GCS's S3 API, Swift's s3api, ….
///
/// Plain signed bodies, no chunked signing, no checksum trailers: what all of them understand.
/// create_if_absent sends If-None-Match: *; a service that answers 501 to that, and Google's, is asked by
/// HEAD before, and then two writers at the same moment may both write.
class S3Engine final : public Engine {
  public:
    /// `url` is s3://bucket/prefix. `credentials` may be null.
    S3Engine(StoreUrl url, S3Options options, std::shared_ptr<HttpTransport> transport,
             std::shared_ptr<CredentialSource> credentials);

    std::optional<ObjectInfo> head(std::string_view key) override;
    ObjectInfo get(std::string_view key, ByteRange range, const Sink& sink,
                   std::string_view version = {}) override;
    PutResult put(std::string_view key, const Body& body, PutMode mode = PutMode::replace) override;
    void list(std::string_view prefix,
              const std::function<void(std::string_view key, std::uint64_t size)>& each) override;
    void remove(std::string_view key) override;
    std::string describe() const override { return url_.redacted(); }

  private:
    S3Request request(std::string method, std::string_view key) const;
    HttpPurpose purpose(std::string_view doing, std::string_view key) const {
        return {doing, key, describe()};
    }
    std::vector<HttpHeader> condition(PutMode mode) const;
    std::optional<PutResult> put_outcome(const HttpResponse& response, std::string_view key, PutMode mode);
    std::optional<PutResult> put_whole(std::string_view key, const Body& body, PutMode mode);
    std::optional<PutResult> put_parts(std::string_view key, const Body& body, std::uint64_t size,
                                       PutMode mode);
    void for_each_part(std::size_t count, const std::function<void(std::size_t)>& each) const;
    std::string upload_part(std::string_view key, const Body& body, ByteRange part, const std::string& upload,
                            std::size_t number);
    HttpResponse complete_upload(std::string_view key, const std::string& upload,
                                 const std::vector<std::string>& etags, std::uint64_t size, PutMode mode);

    StoreUrl url_;
    S3Options options_;
    S3Client client_;
    std::atomic<bool> has_conditions_;  ///< as far as is known: until the service says 501
};

}  // namespace bitx::remote
