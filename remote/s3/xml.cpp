#include "remote/s3/xml.hpp"

#include <sstream>

#include <pugixml.hpp>

#include "remote/error.hpp"
#include "remote/url.hpp"

namespace bitx::remote {
namespace {

pugi::xml_node root_of(pugi::xml_document& document, std::string_view xml, std::string_view name) {
    if (!document.load_buffer(xml.data(), xml.size())) return {};
    const auto root = document.document_element();
    return root.name() == name ? root : pugi::xml_node();
}

[[noreturn]] void unexpected(std::string_view store, std::string_view wanted) {
    throw UnavailableError("the server of the store " + std::string(store) +
                           " answered with something else than " + std::string(wanted) +
                           "; is it an S3 service?");
}

}  // namespace

S3ErrorDocument parse_s3_error(std::string_view xml) {
    pugi::xml_document document;
    const auto root = root_of(document, xml, "Error");
    return {root.child("Code").text().as_string(), root.child("Message").text().as_string(),
            root.child("Region").text().as_string()};
}

S3Listing parse_s3_listing(std::string_view xml, std::string_view store) {
    pugi::xml_document document;
    const auto root = root_of(document, xml, "ListBucketResult");
    if (!root) unexpected(store, "a listing");
    const bool encoded = std::string_view(root.child("EncodingType").text().as_string()) == "url";
    S3Listing listing;
    for (const auto& object : root.children("Contents")) {
        const std::string key = object.child("Key").text().as_string();
        listing.objects.emplace_back(encoded ? percent_decode(key) : key,
                                     object.child("Size").text().as_ullong());
    }
    if (root.child("IsTruncated").text().as_bool()) {
        listing.continuation = root.child("NextContinuationToken").text().as_string();
        if (listing.continuation.empty()) unexpected(store, "a listing that can be continued");
    }
    return listing;
}

std::string parse_s3_upload_id(std::string_view xml, std::string_view store) {
    pugi::xml_document document;
    const auto root = root_of(document, xml, "InitiateMultipartUploadResult");
    std::string id = root.child("UploadId").text().as_string();
    if (id.empty()) unexpected(store, "the name of an upload");
    return id;
}

std::string format_s3_parts(const std::vector<std::string>& etags) {
    pugi::xml_document document;
    auto root = document.append_child("CompleteMultipartUpload");
    for (std::size_t i = 0; i < etags.size(); ++i) {
        auto part = root.append_child("Part");
        part.append_child("PartNumber").text().set(static_cast<unsigned long long>(i + 1));
        part.append_child("ETag").text().set(etags[i].c_str());
    }
    std::ostringstream text;
    document.save(text, "", pugi::format_raw | pugi::format_no_declaration);
    return text.str();
}

}  // namespace bitx::remote
