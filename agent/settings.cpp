#include "agent/settings.hpp"

#include <charconv>
#include <cmath>
#include <cstdlib>

#include "agent/cores.hpp"
#include "agent/error.hpp"

namespace bitx::agent {

namespace {

constexpr std::int64_t smallest_memory = std::int64_t{64} << 20;

std::int64_t integer_between(const GitConfig& config, const char* key, std::int64_t least, std::int64_t most,
                             std::int64_t preset) {
    const std::int64_t value = config.get_integer(key).value_or(preset);
    if (value >= least && value <= most) return value;
    throw Error("'" + *config.get(key) + "' is no value for " + key + ": give a number between " +
                std::to_string(least) + " and " + std::to_string(most));
}

double positive_number(const GitConfig& config, const char* key, double preset) {
    const auto text = config.get(key);
    if (!text) return preset;
    double value = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
    if (error == std::errc() && end == text->data() + text->size() && std::isfinite(value) && value > 0) {
        return value;
    }
    throw Error("'" + *text + "' is no value for " + key + ": give a number above 0, such as 2.0");
}

/// Folders; "~/" is the user's home, as git has it in paths.
std::vector<std::filesystem::path> folders(const GitConfig& config, const char* key) {
    std::vector<std::filesystem::path> paths;
    for (const std::string& text : config.get_all(key)) {
        const char* home = std::getenv("HOME");  // NOLINT(concurrency-mt-unsafe): nobody sets variables
        std::filesystem::path path = text;
        if (text.starts_with("~/") && home != nullptr) path = std::filesystem::path(home) / text.substr(2);
        if (!path.is_absolute())
            throw Error("'" + text + "' is no value for " + key + ": give a folder's absolute path");
        paths.push_back(std::move(path));
    }
    return paths;
}

/// A name in the user's or the machine's configuration would publish every repository over the same model.
std::optional<ModelName> own_publish(const GitConfig& config) {
    std::optional<ModelName> name;
    for (const ConfigEntry& entry : config.entries()) {
        const bool own = entry.scope == ConfigScope::local || entry.scope == ConfigScope::worktree;
        if (!own || entry.key != "bitx.publish") continue;
        name = parse_model_name(entry.value.value_or(""), "bitx.publish in git config");
    }
    return name;
}

}  // namespace

Settings Settings::from(const GitConfig& config) {
    Settings settings;
    settings.threads =
        static_cast<unsigned>(integer_between(config, "bitx.threads", 1, 1024, std::int64_t{usable_cores()}));
    settings.memory = static_cast<std::uint64_t>(integer_between(
        config, "bitx.memory", smallest_memory, INT64_MAX, static_cast<std::int64_t>(settings.memory)));
    settings.transfers = static_cast<unsigned>(
        integer_between(config, "bitx.transfers", 1, 256, std::int64_t{settings.transfers}));
    settings.cold_pull = positive_number(config, "bitx.coldPull", settings.cold_pull);
    settings.cache_size = static_cast<std::uint64_t>(integer_between(
        config, "bitx.cacheSize", 0, INT64_MAX, static_cast<std::int64_t>(settings.cache_size)));
    settings.local = folders(config, "bitx.local");
    settings.publish = own_publish(config);
    return settings;
}

}  // namespace bitx::agent
