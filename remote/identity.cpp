#include "remote/identity.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "remote/layout.hpp"
#include "remote/random.hpp"

namespace bitx::remote {
namespace {

constexpr std::size_t largest_identity = 64 << 10;  // bytes; ours have about 80

bool is_id(std::string_view text) {
    return text.size() == 32 &&
           std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace

std::string format_identity(const StoreIdentity& identity) {
    const nlohmann::json document = {
        {"format", identity.format}, {"id", identity.id}, {"requires", identity.required_features}};
    return document.dump() + "\n";
}

StoreIdentity parse_identity(std::string_view text, std::string_view store) {
    const std::string object = "bitx.json of the store " + std::string(store);
    const auto document = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
    const auto broken = [&](const std::string& why) {
        throw LayoutError(object + " is damaged (" + why + "); restore it from a backup of the store");
    };
    if (!document.is_object()) broken("it is not a JSON object");
    const auto format = document.find("format");
    if (format == document.end() || !format->is_number_unsigned()) broken("it has no format version");
    if (*format > StoreIdentity::newest_format) {
        throw LayoutError("the store " + std::string(store) + " has format " + format->dump() +
                          ", this git-bitx reads up to " + std::to_string(StoreIdentity::newest_format) +
                          "; install a newer git-bitx");
    }
    if (*format == 0) broken("format 0 does not exist");
    StoreIdentity identity;
    identity.format = format->get<unsigned>();
    const auto required = document.find("requires");
    if (required != document.end()) {
        if (!required->is_array()) broken("its required features are no list");
        for (const auto& feature : *required) {
            if (!feature.is_string()) broken("a required feature is no text");
            identity.required_features.push_back(feature.get<std::string>());
        }
    }
    // No feature exists yet: whatever is required is unknown.
    if (!identity.required_features.empty()) {
        throw LayoutError("the store " + std::string(store) + " requires " +
                          required->front().dump(-1, ' ', true) +
                          ", which this git-bitx does not know; install a newer git-bitx");
    }
    const auto id = document.find("id");
    if (id == document.end() || !id->is_string() || !is_id(id->get_ref<const std::string&>())) {
        broken("it has no id of 32 hexadecimal digits");
    }
    identity.id = id->get<std::string>();
    return identity;
}

std::optional<StoreIdentity> find_store(Engine& engine) {
    std::string text;
    try {
        engine.get(identity_key, {0, largest_identity}, [&](std::span<const std::byte> piece) {
            text.append(reinterpret_cast<const char*>(piece.data()), piece.size());
        });
    } catch (const AbsentError&) {
        return std::nullopt;
    }
    return parse_identity(text, engine.describe());
}

StoreIdentity open_store(Engine& engine) {
    if (auto identity = find_store(engine)) return *identity;
    throw LayoutError("there is no git-bitx store at " + engine.describe() +
                      ": it has no bitx.json; `git bitx init " + engine.describe() + "` creates one");
}

StoreIdentity create_store(Engine& engine) {
    if (auto identity = find_store(engine)) return *identity;
    const std::string text = format_identity({random_hex(16), StoreIdentity::newest_format, {}});
    engine.put(identity_key, {std::as_bytes(std::span(text)), {}}, PutMode::create_if_absent);
    // Whoever came first is right, and a server that ignores the condition let the last one win: so what is
    // there counts, not what was sent.
    return open_store(engine);
}

}  // namespace bitx::remote
