#include "agent/git/config.hpp"

#include <algorithm>
#include <cerrno>
#include <cinttypes>
#include <cstdlib>

#include "agent/error.hpp"
#include "agent/git/process.hpp"

namespace bitx::agent {

namespace {

std::string lower(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return result;
}

/// Cuts `text` at its next NUL and returns what was before it.
std::string_view take_until_nul(std::string_view& text) {
    const std::size_t end = std::min(text.find('\0'), text.size());
    const std::string_view taken = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return taken;
}

ConfigScope scope_of(std::string_view name) {
    if (name == "system") return ConfigScope::system;
    if (name == "global") return ConfigScope::global;
    if (name == "local") return ConfigScope::local;
    if (name == "worktree") return ConfigScope::worktree;
    if (name == "command") return ConfigScope::command;
    return ConfigScope::other;
}

/// Reads what `git config -z --list` prints: "key\nvalue" or "key", each ended by NUL; each after its scope
/// and a NUL with --show-scope.
std::vector<ConfigEntry> parse_list(std::string_view list, bool has_scope) {
    std::vector<ConfigEntry> entries;
    while (!list.empty()) {
        const ConfigScope scope = has_scope ? scope_of(take_until_nul(list)) : ConfigScope::other;
        const std::string_view entry = take_until_nul(list);
        const std::size_t end_of_key = entry.find('\n');
        if (end_of_key == std::string_view::npos) {
            entries.push_back({std::string(entry), std::nullopt, scope});
        } else {
            entries.push_back(
                {std::string(entry.substr(0, end_of_key)), std::string(entry.substr(end_of_key + 1)), scope});
        }
    }
    return entries;
}

std::optional<std::int64_t> parse_integer(const std::string& text) {
    const std::size_t digits = text.find_first_of("0123456789");
    if (digits == std::string::npos) return std::nullopt;
    errno = 0;
    char* end = nullptr;
    std::int64_t value = std::strtoimax(text.c_str(), &end, 0);
    if (errno != 0 || end == text.c_str()) return std::nullopt;
    const std::string suffix = lower(end);
    std::int64_t factor = 0;
    if (suffix.empty()) factor = 1;
    if (suffix == "k") factor = std::int64_t{1} << 10;
    if (suffix == "m") factor = std::int64_t{1} << 20;
    if (suffix == "g") factor = std::int64_t{1} << 30;
    if (factor == 0 || __builtin_mul_overflow(value, factor, &value)) return std::nullopt;
    return value;
}

}  // namespace

std::string canonical_key(std::string_view key) {
    const std::size_t first = key.find('.');
    const std::size_t last = key.rfind('.');
    if (first == std::string_view::npos) return lower(key);
    return lower(key.substr(0, first)) + std::string(key.substr(first, last - first)) +
           lower(key.substr(last));
}

GitConfig GitConfig::read(const std::filesystem::path& directory) {
    ProcessOptions options;
    options.directory = directory;
    return GitConfig(parse_list(run_git({"config", "-z", "--list", "--show-scope"}, options), true));
}

GitConfig GitConfig::parse(std::string_view bytes, std::string_view name) {
    if (bytes.empty()) return {};
    ProcessOptions options;
    options.input = bytes;
    const ProcessResult result =
        run_process({"git", "config", "--no-includes", "-z", "--list", "--file", "-"}, options);
    if (result.status == 0) return GitConfig(parse_list(result.output, false));

    std::string message = "'" + std::string(name) + "' is not in git-config syntax";
    const std::size_t line = result.errors.find("line ");
    if (line != std::string::npos) {
        message +=
            ": " + result.errors.substr(line, result.errors.find_first_not_of("0123456789", line + 5) - line);
    }
    throw Error(message + "; correct the file");
}

const ConfigEntry* GitConfig::last(std::string_view key) const {
    const std::string wanted = canonical_key(key);
    const auto found = std::find_if(entries_.rbegin(), entries_.rend(),
                                    [&](const ConfigEntry& e) { return e.key == wanted; });
    return found == entries_.rend() ? nullptr : &*found;
}

std::optional<std::string> GitConfig::get(std::string_view key) const {
    std::vector<std::string> all = get_all(key);
    if (all.empty()) return std::nullopt;
    return std::move(all.back());
}

std::vector<std::string> GitConfig::get_all(std::string_view key) const {
    const std::string wanted = canonical_key(key);
    std::vector<std::string> values;
    for (const ConfigEntry& entry : entries_) {
        if (entry.key == wanted && entry.value) values.push_back(*entry.value);
    }
    return values;
}

std::optional<bool> GitConfig::get_bool(std::string_view key) const {
    const ConfigEntry* entry = last(key);
    if (entry == nullptr) return std::nullopt;
    if (!entry->value) return true;
    const std::string value = lower(*entry->value);
    if (value == "true" || value == "yes" || value == "on") return true;
    if (value == "false" || value == "no" || value == "off" || value.empty()) return false;
    if (const auto number = parse_integer(value)) return *number != 0;
    throw Error("'" + *entry->value + "' is no value for " + std::string(key) + ": give true or false");
}

std::optional<std::int64_t> GitConfig::get_integer(std::string_view key) const {
    const ConfigEntry* entry = last(key);
    if (entry == nullptr) return std::nullopt;
    if (entry->value) {
        if (const auto number = parse_integer(*entry->value)) return number;
    }
    throw Error("'" + entry->value.value_or("") + "' is no value for " + std::string(key) +
                ": give a whole number, with k, m or g after it for 1024, 1024^2 or 1024^3");
}

std::map<std::string, std::string> read_url_config(std::string_view section, std::string_view url,
                                                   const std::filesystem::path& directory) {
    ProcessOptions options;
    options.directory = directory;
    const auto list =
        ask_git({"config", "-z", "--get-urlmatch", std::string(section), std::string(url)}, 1, options);
    std::map<std::string, std::string> settings;
    if (!list) return settings;
    for (const ConfigEntry& entry : parse_list(*list, false)) {
        if (entry.key.size() > section.size() + 1) {
            settings[entry.key.substr(section.size() + 1)] = entry.value.value_or("true");
        }
    }
    return settings;
}

}  // namespace bitx::agent
