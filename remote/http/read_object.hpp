#pragma once

#include <functional>

#include "remote/http/error_status.hpp"
#include "remote/http/transport.hpp"

namespace bitx::remote {

/// How an engine sends a request: with its credentials, along redirects.
using HttpSend = std::function<HttpResponse(HttpRequest request, const BodyRouter& route)>;

/// Size and version of an object as the header of a HEAD's or GET's answer tells them; no size where the
/// answer does not say it. The version is the ETag (without the mark of a weak one: some servers call it weak
/// only while the object is new), else time and size.
struct ObjectHeader {
    std::optional<std::uint64_t> size;
    std::string etag;
    std::string modified;

    std::string version() const;
};
ObjectHeader object_header(const HttpResponse& head);

/// Engine::get over HTTP, for a range that is not empty. `request` is the GET without range and condition. A
/// server that ignores ranges is served, too. `fail` throws for a status that is neither success, 412 nor
/// 416; nothing is returned for 416: the range lies past the end.
std::optional<ObjectInfo> read_object(const HttpSend& send, HttpRequest request, ByteRange range,
                                      const Sink& sink, std::string_view version, const HttpPurpose& purpose,
                                      const std::function<void(const HttpResponse&)>& fail);

}  // namespace bitx::remote
