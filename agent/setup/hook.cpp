#include "agent/setup/hook.hpp"

#include <fstream>
#include <sstream>

#include <unistd.h>

#include "agent/error.hpp"
#include "agent/git/process.hpp"

namespace bitx::agent {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view shebang = "#!/bin/sh";

std::string trimmed(const std::string& line) {
    const std::size_t start = line.find_first_not_of(" \t\r");
    return start == std::string::npos ? "" : line.substr(start, line.find_last_not_of(" \t\r") + 1 - start);
}

/// What the lines of git-lfs's hooks are, old and new (git-lfs, lfs/hook.go); its advice about a missing
/// git-lfs has changed over the years.
bool is_line_of_git_lfs(const std::string& line) {
    return line == "git lfs pre-push \"$@\"" || line == "git lfs push --stdin \"$@\"" ||
           line == "git lfs push --stdin $*" || line.starts_with("command -v git-lfs >/dev/null 2>&1 ||");
}

bool has_line(std::string_view hook) {
    std::istringstream lines{std::string(hook)};
    for (std::string line; std::getline(lines, line);) {
        if (trimmed(line) == hook_line) return true;
    }
    return false;
}

bool is_inside(const fs::path& path, const fs::path& folder) {
    const fs::path relative = fs::weakly_canonical(path).lexically_relative(fs::weakly_canonical(folder));
    return !relative.empty() && *relative.begin() != "..";
}

fs::path hooks_folder(const Repository& repository) {
    ProcessOptions options;
    options.directory = repository.directory();
    std::string answer = run_git({"rev-parse", "--git-path", "hooks"}, options);
    if (answer.ends_with('\n')) answer.pop_back();
    const fs::path start =
        repository.directory().empty() ? fs::current_path() : fs::absolute(repository.directory());
    return (start / answer).lexically_normal();
}

std::string read_text(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    std::string text((std::istreambuf_iterator<char>(stream)), {});
    if (!stream) throw Error("cannot read '" + file.string() + "'");
    return text;
}

/// Replaces a file whole, so that a push that runs meanwhile never sees half of a hook.
void replace_program(const fs::path& file, const std::string& text) {
    const fs::path fresh = file.string() + ".bitx-" + std::to_string(::getpid());
    std::ofstream stream(fresh, std::ios::binary);
    stream << text;
    stream.close();
    std::error_code error;
    if (stream) {
        const fs::perms mode = fs::exists(file) ? fs::status(file).permissions() : fs::perms(0755);
        fs::permissions(fresh, mode | fs::perms::owner_exec, error);
        if (!error) fs::rename(fresh, file, error);
    }
    if (!stream || error) {
        fs::remove(fresh, error);
        throw Error("cannot write '" + file.string() + "': check its folder's permissions");
    }
}

}  // namespace

std::optional<std::string> with_hook_line(std::string_view hook) {
    if (has_line(hook)) return std::string(hook);
    std::istringstream lines{std::string(hook)};
    std::string result;
    bool calls_git_lfs = false;
    bool has_shebang = false;
    for (std::string line; std::getline(lines, line);) {
        const std::string text = trimmed(line);
        if (!has_shebang) {
            if (text != shebang) return std::nullopt;
            has_shebang = true;
            result += line + "\n" + std::string(hook_line) + "\n";
            continue;
        }
        if (!text.empty() && !text.starts_with('#') && !is_line_of_git_lfs(text)) return std::nullopt;
        calls_git_lfs = calls_git_lfs || text.starts_with("git lfs ");
        result += line + "\n";
    }
    if (!calls_git_lfs) return std::nullopt;
    return result;
}

bool has_hook_line(const Repository& repository) {
    const fs::path file = hooks_folder(repository) / "pre-push";
    return fs::is_regular_file(file) && has_line(read_text(file));
}

HookOutcome install_hook(const Repository& repository) {
    const fs::path folder = hooks_folder(repository);
    const fs::path file = folder / "pre-push";
    const bool inside = is_inside(folder, repository.common_dir()) ||
                        (repository.worktree() && is_inside(folder, *repository.worktree()));
    if (!inside) return {HookState::outside, file};

    if (!fs::exists(fs::symlink_status(file))) {
        ProcessOptions options;
        options.directory = repository.directory();
        options.show_output = false;
        const ProcessResult update = run_process({"git", "lfs", "update"}, options);
        if (!fs::exists(file)) {
            throw Error("git-lfs did not write its pre-push hook (exit status " +
                        std::to_string(update.status) + "): run 'git lfs update' and see why");
        }
    }
    if (!fs::is_regular_file(fs::symlink_status(file))) return {HookState::foreign, file};
    const std::string before = read_text(file);
    const auto after = with_hook_line(before);
    if (!after) return {HookState::foreign, file};
    if (*after != before) replace_program(file, *after);
    return {HookState::installed, file};
}

}  // namespace bitx::agent
