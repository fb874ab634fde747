#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bitx::remote {

/// The keys of a store, as LAYOUT.md specifies them. Digests are 64 lower-case hexadecimal digits; anything
/// else where one belongs is a LayoutError.

inline constexpr std::string_view identity_key = "bitx.json";
inline constexpr std::string_view recipes_prefix = "recipes/";
inline constexpr std::string_view blobs_prefix = "blobs/";
inline constexpr std::string_view models_prefix = "models/";
inline constexpr unsigned deepest_blob = 3;

std::string recipe_key(std::string_view oid);
/// `depth` is at most `deepest_blob`.
std::string blob_key(std::string_view sha256, unsigned depth);

/// A model's name, "org/name": each part 1 to 96 of [A-Za-z0-9._-], beginning with a letter, digit or '_'.
struct ModelName {
    std::string organisation;
    std::string name;

    /// Throws LayoutError for anything else.
    static ModelName parse(std::string_view text);
    std::string text() const { return organisation + "/" + name; }
    bool operator==(const ModelName&) const = default;
};

/// `revision` is the digest of the manifest's bytes.
std::string manifest_key(const ModelName& model, std::string_view revision);
std::string latest_key(const ModelName& model);
/// What all keys of one model begin with.
std::string model_prefix(const ModelName& model);

struct BlobName {
    std::string sha256;
    unsigned depth = 0;
    bool operator==(const BlobName&) const = default;
};
struct ManifestName {
    ModelName model;
    std::string revision;  ///< empty: the model's `latest`
    bool operator==(const ManifestName&) const = default;
};

/// What a key names; nothing where it is no key of that kind, exactly as the functions above make it.
std::optional<std::string> parse_recipe_key(std::string_view key);
std::optional<BlobName> parse_blob_key(std::string_view key);
std::optional<ManifestName> parse_model_key(std::string_view key);

/// Whether `text` is 64 lower-case hexadecimal digits.
bool is_digest(std::string_view text);

}  // namespace bitx::remote
