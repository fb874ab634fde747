#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "remote/engine.hpp"

namespace bitx::remote {

/// What bitx.json says: which store this is, and what a program must know to use it.
struct StoreIdentity {
    static constexpr unsigned newest_format = 1;

    std::string id;  ///< 32 lower-case hexadecimal digits, random; names the store in every local memory
    unsigned format = newest_format;
    std::vector<std::string> required_features;  ///< a program that does not know one of them must not go on

    bool operator==(const StoreIdentity&) const = default;
};

/// The bytes of bitx.json.
std::string format_identity(const StoreIdentity& identity);

/// Reads bitx.json; `store` names the store in messages. Throws LayoutError where it does not parse, is of a
/// newer format, or requires a feature that this program does not have.
StoreIdentity parse_identity(std::string_view text, std::string_view store);

/// Makes a store of what the engine serves, or finds the one that is there; racing calls agree on one id
/// where the engine can create only if absent, and otherwise as soon as the last has written. Called by
/// `init` only.
StoreIdentity create_store(Engine& engine);

/// The store's identity; nothing where there is no store. Throws as parse_identity does.
std::optional<StoreIdentity> find_store(Engine& engine);

/// The store's identity; throws LayoutError that names `git bitx init` where there is no store.
StoreIdentity open_store(Engine& engine);

}  // namespace bitx::remote
