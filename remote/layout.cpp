#include "remote/layout.hpp"

#include <algorithm>

#include "remote/error.hpp"

namespace bitx::remote {
namespace {

bool is_model_part(std::string_view part) {
    const auto first = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    };
    const auto other = [&](char c) { return first(c) || c == '.' || c == '-'; };
    return !part.empty() && part.size() <= 96 && first(part.front()) && std::ranges::all_of(part, other);
}

std::optional<ModelName> model_name(std::string_view text) {
    const std::size_t slash = text.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    const std::string_view organisation = text.substr(0, slash);
    const std::string_view name = text.substr(slash + 1);
    if (!is_model_part(organisation) || !is_model_part(name)) return std::nullopt;
    return ModelName{std::string(organisation), std::string(name)};
}

std::string digest(std::string_view text) {
    if (!is_digest(text)) throw LayoutError("'" + std::string(text) + "' is not a SHA-256 in hexadecimal");
    return std::string(text);
}

}  // namespace

bool is_digest(std::string_view text) {
    return text.size() == 64 &&
           std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::string recipe_key(std::string_view oid) {
    const std::string hex = digest(oid);
    return std::string(recipes_prefix) + hex.substr(0, 2) + "/" + hex;
}

std::string blob_key(std::string_view sha256, unsigned depth) {
    const std::string hex = digest(sha256);
    if (depth > deepest_blob) {
        throw LayoutError("blob " + hex + " would have depth " + std::to_string(depth) + "; the limit is " +
                          std::to_string(deepest_blob));
    }
    return std::string(blobs_prefix) + hex.substr(0, 2) + "/" + hex.substr(2, 2) + "/" + hex + "." +
           std::to_string(depth);
}

ModelName ModelName::parse(std::string_view text) {
    auto name = model_name(text);
    if (!name) {
        throw LayoutError("'" + std::string(text) + "' is not a model's name; it should read org/name, of " +
                          "letters, digits and ._-");
    }
    return *name;
}

std::string model_prefix(const ModelName& model) {
    return std::string(models_prefix) + ModelName::parse(model.text()).text() + "/";
}

std::string manifest_key(const ModelName& model, std::string_view revision) {
    return model_prefix(model) + digest(revision);
}

std::string latest_key(const ModelName& model) {
    return model_prefix(model) + "latest";
}

std::optional<std::string> parse_recipe_key(std::string_view key) {
    const std::string_view oid = key.substr(key.rfind('/') + 1);
    if (!is_digest(oid) || key != recipe_key(oid)) return std::nullopt;
    return std::string(oid);
}

std::optional<BlobName> parse_blob_key(std::string_view key) {
    const std::string_view name = key.substr(key.rfind('/') + 1);
    if (name.size() != 66 || !is_digest(name.substr(0, 64))) return std::nullopt;
    BlobName blob{std::string(name.substr(0, 64)), static_cast<unsigned char>(name[65] - '0')};
    if (blob.depth > deepest_blob || key != blob_key(blob.sha256, blob.depth)) return std::nullopt;
    return blob;
}

std::optional<ManifestName> parse_model_key(std::string_view key) {
    if (!key.starts_with(models_prefix)) return std::nullopt;
    key.remove_prefix(models_prefix.size());
    const std::size_t slash = key.rfind('/');
    if (slash == std::string_view::npos) return std::nullopt;
    auto model = model_name(key.substr(0, slash));
    const std::string_view last = key.substr(slash + 1);
    if (!model || (last != "latest" && !is_digest(last))) return std::nullopt;
    return ManifestName{std::move(*model), last == "latest" ? std::string() : std::string(last)};
}

}  // namespace bitx::remote
