#include "remote/webdav/multistatus.hpp"

#include <pugixml.hpp>

#include "remote/error.hpp"
#include "remote/url.hpp"

namespace bitx::remote {
namespace {

/// A name without its namespace prefix: servers choose prefixes as they like.
std::string_view local_name(const pugi::xml_node& node) {
    const std::string_view name = node.name();
    return name.substr(name.find(':') + 1);
}

pugi::xml_node child(const pugi::xml_node& node, std::string_view name) {
    for (const auto& each : node) {
        if (local_name(each) == name) return each;
    }
    return {};
}

/// The path of an href, which is a path or a whole URL.
std::string path_of(std::string_view href) {
    if (const auto scheme = href.find("://"); scheme != std::string_view::npos) {
        const auto slash = href.find('/', scheme + 3);
        href = slash == std::string_view::npos ? "/" : href.substr(slash);
    }
    std::string path = percent_decode(href);
    while (path.ends_with('/')) path.pop_back();
    return path;
}

}  // namespace

std::vector<DavEntry> parse_multistatus(std::string_view xml, std::string_view store) {
    pugi::xml_document document;
    const auto result = document.load_buffer(xml.data(), xml.size());
    const auto root = document.document_element();
    if (!result || local_name(root) != "multistatus") {
        throw UnavailableError("cannot list the store " + std::string(store) +
                               ": the server's answer is no WebDAV listing");
    }
    std::vector<DavEntry> entries;
    for (const auto& response : root) {
        if (local_name(response) != "response") continue;
        DavEntry entry{path_of(child(response, "href").text().as_string()), false, 0};
        // Properties come in groups by status; what was not found is in one that holds empty elements.
        for (const auto& group : response) {
            if (local_name(group) != "propstat") continue;
            const auto properties = child(group, "prop");
            if (child(child(properties, "resourcetype"), "collection")) entry.is_folder = true;
            if (const auto size = child(properties, "getcontentlength"); !size.text().empty()) {
                entry.size = size.text().as_ullong();
            }
        }
        entries.push_back(std::move(entry));
    }
    return entries;
}

}  // namespace bitx::remote
