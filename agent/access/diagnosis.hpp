#pragma once

#include <ctime>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "remote/engine.hpp"

namespace bitx::agent {

enum class Health {
    good,
    note,  ///< works, and the user may want to know or change something
    fault  ///< does not work
};

/// What became of one check; `detail` is one line, of a fault also what to do.
struct Finding {
    std::string check;
    Health health = Health::good;
    std::string detail;
};

/// What was seen beside the engine's verbs while a store was diagnosed; called when all verbs are done.
struct StoreWatch {
    std::function<std::optional<std::time_t>()> clock_offset;  ///< seconds that the server is ahead of us
    std::function<bool()> sent_parts;  ///< whether the server ever answered with a part of an object
};

/// Tries what pushes and pulls need of a store: reaches it, reads bitx.json, and in a scratch object writes,
/// reads ranges, pins a version, creates only if absent, lists and removes. Nothing is left behind, and
/// nothing of the store's is touched. Nothing is thrown for what a store does; a check that others need ends
/// the diagnosis where it fails. `watch` may be empty: a store that is no server.
std::vector<Finding> diagnose_store(remote::Engine& engine, const StoreWatch& watch);

}  // namespace bitx::agent
