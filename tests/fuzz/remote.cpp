#include "remote/identity.hpp"
#include "remote/layout.hpp"
#include "remote/s3/xml.hpp"
#include "remote/url.hpp"
#include "remote/webdav/multistatus.hpp"
#include "tests/fuzz/target.hpp"

namespace bitx::fuzz {

using namespace remote;

void identity(codec::ByteView input) {
    try {
        const StoreIdentity read = parse_identity(codec::as_text(input), "memory");
        require(parse_identity(format_identity(read), "memory") == read, "an identity has one meaning");
    } catch (const LayoutError& error) {
        for (const char c : std::string_view(error.what())) require(c >= ' ', "a message is one line");
    }
}

void url(codec::ByteView input) {
    const std::string_view text = codec::as_text(input);
    const std::string shown = redact_url(text);
    try {
        const StoreUrl read = parse_store_url(text);
        const StoreUrl again = parse_store_url(read.redacted());
        require(again.host == read.host && again.path == read.path && again.port == read.port,
                "a URL without its secrets is of the same place");
        require(again.user.empty() && again.password.empty(), "a redacted URL has no secrets");
    } catch (const LayoutError&) {
    }
    require(percent_decode(percent_encode(text)) == text, "what is encoded is decoded");
}

void keys(codec::ByteView input) {
    const std::string_view key = codec::as_text(input);
    if (const auto oid = parse_recipe_key(key)) require(recipe_key(*oid) == key, "a recipe has one key");
    if (const auto blob = parse_blob_key(key))
        require(blob_key(blob->sha256, blob->depth) == key, "a blob has one key");
    if (const auto manifest = parse_model_key(key))
        require((manifest->revision.empty() ? latest_key(manifest->model)
                                            : manifest_key(manifest->model, manifest->revision)) == key,
                "a manifest has one key");
}

void server_xml(codec::ByteView input) {
    const std::string_view xml = codec::as_text(input);
    const auto refused = [](auto read) {
        try {
            read();
        } catch (const UnavailableError&) {
        }
    };
    parse_s3_error(xml);
    refused([&] { parse_s3_listing(xml, "s3://bucket"); });
    refused([&] { parse_s3_upload_id(xml, "s3://bucket"); });
    refused([&] { parse_multistatus(xml, "https://host/"); });
}

}  // namespace bitx::fuzz
