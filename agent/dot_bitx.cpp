#include "agent/dot_bitx.hpp"

#include <algorithm>
#include <filesystem>

#include "agent/error.hpp"
#include "agent/git/process.hpp"

namespace bitx::agent {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t size_limit = 64 << 10;

bool is_revision(std::string_view text) {
    return text.size() == 64 &&
           std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace

DotBitx DotBitx::parse(std::string_view bytes, std::string_view where, const Warn& warn) {
    const std::string name(where);
    if (bytes.size() > size_limit) throw Error("'" + name + "' is too large");
    const GitConfig config = GitConfig::parse(bytes, name);
    for (const ConfigEntry& entry : config.entries()) {
        if (entry.key != "base.model" && entry.key != "base.revision") {
            warn("'" + name + "': '" + entry.key + "' is not known and has no effect");
        }
    }
    const auto model = config.get("base.model");
    const auto revision = config.get("base.revision");
    DotBitx parsed;
    if (!model && !revision) return parsed;
    const std::string remedy = "; declare the base with 'git bitx base set <model>'";
    if (!model || !revision) {
        throw Error("'" + name + "' has base." + (model ? "model" : "revision") + " but no base." +
                    (model ? "revision" : "model") + remedy);
    }
    if (!is_revision(*revision)) {
        throw Error("'" + name + "': base.revision is not 64 hexadecimal digits" + remedy);
    }
    parsed.base = DeclaredBase{parse_model_name(*model, "'" + name + "', base.model"), *revision};
    return parsed;
}

DotBitx DotBitx::read(Repository& repository, const Warn& warn) {
    const auto file = repository.committed_file(dot_bitx_path, size_limit);
    return file ? parse(file->bytes, file->where, warn) : DotBitx();
}

void write_base(Repository& repository, const std::optional<DeclaredBase>& base) {
    if (!repository.worktree()) throw Error("the base is declared in .bitx: run this in a worktree");
    const fs::path file = *repository.worktree() / dot_bitx_path;
    if (fs::is_symlink(fs::symlink_status(file))) {
        throw Error("'" + file.string() +
                    "' is a symbolic link, which is not followed: make it a regular file");
    }
    const auto set = [&](const std::string& key, const std::string& value) {
        run_git({"config", "--file", file.string(), "--replace-all", key, value});
    };
    if (base) {
        set("base.model", base->model.text());
        set("base.revision", base->revision);
        return;
    }
    if (!fs::exists(file)) return;
    constexpr int absent = 5;
    ask_git({"config", "--file", file.string(), "--unset-all", "base.model"}, absent);
    ask_git({"config", "--file", file.string(), "--unset-all", "base.revision"}, absent);
}

}  // namespace bitx::agent
