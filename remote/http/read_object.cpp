#include "remote/http/read_object.hpp"

#include <algorithm>
#include <charconv>

namespace bitx::remote {
namespace {

std::optional<std::uint64_t> parse_number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

struct ContentRange {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    std::uint64_t size = 0;
};

/// "bytes first-last/size" (RFC 9110, 14.4).
std::optional<ContentRange> parse_content_range(std::string_view text) {
    if (!text.starts_with("bytes ")) return std::nullopt;
    text.remove_prefix(6);
    const auto dash = text.find('-');
    const auto slash = text.find('/');
    if (dash == std::string_view::npos || slash == std::string_view::npos || dash > slash)
        return std::nullopt;
    const auto first = parse_number(text.substr(0, dash));
    const auto last = parse_number(text.substr(dash + 1, slash - dash - 1));
    const auto size = parse_number(text.substr(slash + 1));
    if (!first || !last || !size || *first > *last || *last >= *size) return std::nullopt;
    return ContentRange{*first, *last, *size};
}

/// Ends a transfer of which enough has come.
struct Enough {};

/// The state of one get.
class Reading {
  public:
    Reading(ByteRange range, const Sink& sink, std::string_view version, const HttpPurpose& purpose)
        : range_(range), sink_(sink), version_(version), purpose_(purpose) {}

    /// Takes the header of a 200 or 206.
    Sink begin(const HttpResponse& head) {
        ObjectHeader header = object_header(head);
        if (!head.header("content-encoding").empty() && head.header("content-encoding") != "identity") {
            throw UnsupportedError(about("the server changes its bytes (Content-Encoding: " +
                                         one_line(head.header("content-encoding")) +
                                         "); switch that off there"));
        }
        if (head.status == 206) {
            const auto part = parse_content_range(head.header("content-range"));
            if (!part || part->first != range_.offset || part->last - part->first >= range_.length) {
                throw UnavailableError(about("the server answered with another range: " +
                                             one_line(head.header("content-range"))));
            }
            header.size = part->size;
            expected_ = part->last - part->first + 1;
        } else {
            skip_ = range_.offset;
            sends_more_ = header.size && range_.length < *header.size - std::min(skip_, *header.size);
            expected_ = !header.size ? std::optional<std::uint64_t>()
                                     : std::min(range_.length, *header.size - std::min(skip_, *header.size));
        }
        info_ = {header.size.value_or(0), header.version()};
        size_known_ = header.size.has_value();
        if (!version_.empty() && info_.version != version_) {
            throw ChangedError(about("it has changed; read it again"));
        }
        return [this](std::span<const std::byte> piece) { take(piece); };
    }

    /// To be called when the answer has ended.
    ObjectInfo finish() const {
        if (expected_ && delivered_ != *expected_) {
            throw UnavailableError(about("only " + std::to_string(delivered_) + " of " +
                                         std::to_string(*expected_) + " bytes came"));
        }
        return info_;
    }

    const std::string& version() const { return info_.version; }

  private:
    void take(std::span<const std::byte> piece) {
        if (!size_known_) info_.size += piece.size();
        const auto skipped = static_cast<std::size_t>(std::min<std::uint64_t>(skip_, piece.size()));
        skip_ -= skipped;
        piece = piece.subspan(skipped);
        piece = piece.first(
            static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), range_.length - delivered_)));
        if (!piece.empty()) sink_(piece);
        delivered_ += piece.size();
        // The end of a range that was asked for is not cut off: that would cost the connection.
        if (sends_more_ && delivered_ == range_.length) throw Enough();
    }

    std::string about(const std::string& what) const {
        return "cannot " + std::string(purpose_.doing) + " " + std::string(purpose_.key) + " in the store " +
               purpose_.store + ": " + what;
    }

    ByteRange range_;
    const Sink& sink_;
    std::string_view version_;
    const HttpPurpose& purpose_;
    ObjectInfo info_;
    bool size_known_ = false;
    bool sends_more_ = false;  ///< the server ignores the range, and its answer goes on behind it
    std::uint64_t skip_ = 0;
    std::uint64_t delivered_ = 0;
    std::optional<std::uint64_t> expected_;
};

}  // namespace

ObjectHeader object_header(const HttpResponse& head) {
    ObjectHeader header;
    header.size = parse_number(head.header("content-length"));
    std::string_view etag = head.header("etag");
    if (etag.starts_with("W/")) etag.remove_prefix(2);
    header.etag = etag;
    header.modified = head.header("last-modified");
    return header;
}

std::string ObjectHeader::version() const {
    return etag.empty() ? modified + "/" + std::to_string(size.value_or(0)) : etag;
}

std::optional<ObjectInfo> read_object(const HttpSend& send, HttpRequest request, ByteRange range,
                                      const Sink& sink, std::string_view version, const HttpPurpose& purpose,
                                      const std::function<void(const HttpResponse&)>& fail) {
    if (range.offset != 0 || range.length != UINT64_MAX) {
        const bool open_end = range.length > UINT64_MAX - range.offset;
        request.headers.push_back(
            {"Range", "bytes=" + std::to_string(range.offset) + "-" +
                          (open_end ? "" : std::to_string(range.offset + range.length - 1))});
    }
    Reading reading(range, sink, version, purpose);
    const auto is_object = [](const HttpResponse& head) { return head.status == 200 || head.status == 206; };
    try {
        const HttpResponse response = send(std::move(request), [&](const HttpResponse& head) {
            return is_object(head) ? reading.begin(head) : Sink();
        });
        if (response.status == 416) return std::nullopt;
        if (!is_object(response)) {
            fail(response);
            throw_http_error(response, purpose);
        }
        return reading.finish();
    } catch (const Enough&) {
        return reading.finish();
    } catch (UnavailableError& error) {
        error.version = reading.version();
        throw;
    }
}

}  // namespace bitx::remote
