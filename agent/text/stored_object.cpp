#include "agent/text/stored_object.hpp"

#include <ostream>

#include <nlohmann/json.hpp>

#include "agent/store/store.hpp"
#include "codec/object/blob.hpp"
#include "codec/object/manifest.hpp"
#include "codec/object/recipe.hpp"

namespace bitx::agent {
namespace {

using json = nlohmann::ordered_json;

json describe_blob(codec::ByteView bytes) {
    const codec::BlobPreamble preamble = codec::read_blob_preamble(bytes);
    if (preamble.header_length > bytes.size()) throw codec::CorruptError("its header ends too early");
    const codec::BlobHeader header = codec::read_blob_header(bytes.first(preamble.header_length));
    const codec::FrameIndex index(header, preamble.header_length);
    json members = json::array();
    for (const codec::Member& member : header.members) {
        json description = {
            {"dtype", name(member.dtype)}, {"length", member.length}, {"row_length", member.row_length}};
        if (member.base)
            description["base"] = {{"blob", blob_key_text(member.base->blob)},
                                   {"offset", member.base->offset},
                                   {"length", member.base->length}};
        members.push_back(std::move(description));
    }
    json frames = json::array();
    for (std::size_t i = 0; i < index.size(); ++i)
        frames.push_back({{"member", index[i].member},
                          {"method", name(header.frames[i].method)},
                          {"raw", index[i].raw_length},
                          {"stored", index[i].stored_length},
                          {"at", index[i].stored_offset}});
    return {{"kind", "blob"},
            {"sha256", header.sha256.hex()},
            {"depth", header.depth()},
            {"raw_length", header.raw_length()},
            {"stored_length", preamble.stored_length},
            {"header_length", preamble.header_length},
            {"members", members},
            {"frames", frames}};
}

json describe_recipe(codec::ByteView bytes) {
    const codec::Recipe recipe = codec::read_recipe(bytes);
    json segments = json::array();
    for (const codec::Segment& segment : recipe.segments) {
        if (const auto* range = std::get_if<codec::BlobRange>(&segment))
            segments.push_back(
                {{"blob", blob_key_text(range->blob)}, {"offset", range->offset}, {"length", range->length}});
        else
            segments.push_back({{"literal", length(segment)}});
    }
    json tensors = json::array();
    for (const codec::Tensor& tensor : recipe.tensors)
        tensors.push_back({{"name", tensor.name},
                           {"dtype", name(tensor.dtype)},
                           {"shape", tensor.shape},
                           {"offset", tensor.offset},
                           {"length", tensor.length}});
    return {{"kind", "recipe"},     {"oid", recipe.oid.hex()},
            {"size", recipe.size},  {"format", name(recipe.format)},
            {"segments", segments}, {"tensors", tensors}};
}

json describe_manifest(codec::ByteView bytes) {
    const codec::Manifest manifest = codec::read_manifest(bytes);
    json files = json::array();
    for (const codec::ManifestFile& file : manifest.files)
        files.push_back({{"path", file.path}, {"size", file.size}, {"oid", file.oid.hex()}});
    return {{"kind", "manifest"},
            {"model", manifest.model},
            {"revision", codec::Sha256::of(bytes).hex()},
            {"commit", manifest.commit},
            {"files", files}};
}

std::string text_of(const json& value) {
    if (value.is_string()) return value.get<std::string>();
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace

json describe_stored_object(codec::ByteView bytes) {
    const std::string_view text = codec::as_text(bytes);
    if (text.starts_with("BITXblob")) return describe_blob(bytes);
    if (text.starts_with("BITXreci")) return describe_recipe(bytes);
    if (text.starts_with("bitx manifest")) return describe_manifest(bytes);
    if (text.starts_with("bitx latest")) return {{"kind", "pointer to a manifest"}, {"content", text}};
    if (json content = json::parse(text, nullptr, false); content.is_object())
        return {{"kind", "identity of a store"}, {"content", std::move(content)}};
    throw codec::CorruptError("it is none of the objects that a store holds");
}

void print_indented(std::ostream& out, const json& object, unsigned indent) {
    const std::string space(indent, ' ');
    for (const auto& [key, value] : object.items()) {
        if (!value.is_array()) {
            out << space << key << ": " << text_of(value) << '\n';
            continue;
        }
        out << space << key << ": " << value.size() << '\n';
        for (const json& each : value) {
            out << space << ' ';
            for (const auto& [name, field] : each.items()) out << ' ' << name << ' ' << text_of(field);
            out << '\n';
        }
    }
}

}  // namespace bitx::agent
