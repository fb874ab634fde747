#include "remote/http/origin.hpp"

#include <algorithm>
#include <cctype>
#include <memory>

#include <curl/curl.h>

#include "remote/error.hpp"
#include "remote/url.hpp"

namespace bitx::remote {
namespace {

struct UrlCleanup {
    void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using ParsedUrl = std::unique_ptr<CURLU, UrlCleanup>;

std::string part_of(CURLU* url, CURLUPart part, unsigned flags = 0) {
    char* text = nullptr;
    if (curl_url_get(url, part, &text, flags) != CURLUE_OK) return {};
    const std::unique_ptr<char, decltype(&curl_free)> owner(text, curl_free);
    return text;
}

}  // namespace

Origin origin_of(std::string_view url) {
    const ParsedUrl parsed(curl_url());
    if (curl_url_set(parsed.get(), CURLUPART_URL, std::string(url).c_str(), 0) != CURLUE_OK) {
        throw LayoutError(redact_url(url) + " is not a URL");
    }
    Origin origin{part_of(parsed.get(), CURLUPART_SCHEME), part_of(parsed.get(), CURLUPART_HOST),
                  part_of(parsed.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT)};
    std::ranges::transform(origin.host, origin.host.begin(), [](unsigned char c) { return std::tolower(c); });
    return origin;
}

std::optional<std::string> resolve_location(std::string_view base, std::string_view location) {
    const ParsedUrl parsed(curl_url());
    if (location.empty() ||
        curl_url_set(parsed.get(), CURLUPART_URL, std::string(base).c_str(), 0) != CURLUE_OK ||
        curl_url_set(parsed.get(), CURLUPART_URL, std::string(location).c_str(), 0) != CURLUE_OK) {
        return std::nullopt;
    }
    const std::string scheme = part_of(parsed.get(), CURLUPART_SCHEME);
    if ((scheme != "http" && scheme != "https") || !part_of(parsed.get(), CURLUPART_USER).empty() ||
        !part_of(parsed.get(), CURLUPART_PASSWORD).empty()) {
        return std::nullopt;
    }
    curl_url_set(parsed.get(), CURLUPART_FRAGMENT, nullptr, 0);
    return part_of(parsed.get(), CURLUPART_URL);
}

}  // namespace bitx::remote
