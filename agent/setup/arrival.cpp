#include "agent/setup/arrival.hpp"

#include "agent/error.hpp"
#include "agent/git/file_history.hpp"
#include "agent/git/lfs_url.hpp"
#include "agent/git/process.hpp"
#include "remote/layout.hpp"

namespace bitx::agent {

namespace {

namespace fs = std::filesystem;

int run_visibly(const Repository& repository, const std::vector<std::string>& argv) {
    ProcessOptions options;
    options.directory = repository.directory();
    options.show_output = true;
    return run_process(argv, options).status;
}

/// A remote that git-lfs takes: the default one, or where there is none this repository itself, which with
/// lfs.url set is never looked at.
std::string remote_for_push(Repository& repository) {
    std::string name = default_remote(repository, lfs_config(repository), Operation::upload);
    if (repository.config().get("remote." + name + ".url")) return name;
    return "file://" + repository.git_dir().string();
}

}  // namespace

std::size_t count_missing_objects(Repository& repository, remote::Engine& store) {
    std::size_t missing = 0;
    for (const std::string& oid : FileHistory::read(repository).objects()) {
        if (!store.head(remote::recipe_key(oid))) ++missing;
    }
    return missing;
}

void import_objects(Repository& repository, const std::string& url) {
    const std::string old_url = [&] {
        const GitConfig config = lfs_config(repository);
        return lfs_url(config, Operation::download, default_remote(repository, config, Operation::download));
    }();
    if (!old_url.empty() && old_url != url &&
        run_visibly(repository, {"git", "lfs", "fetch", "--all"}) != 0) {
        throw Error(
            "'git lfs fetch --all' failed (above), so nothing was changed: see that every object can be had "
            "from '" +
            without_credentials(old_url) + "'");
    }
    const std::vector<std::string> push{
        "git",  "-c",    "lfs.url=" + url,           "-c", "lfs.pushurl=" + url, "lfs",
        "push", "--all", remote_for_push(repository)};
    if (run_visibly(repository, push) != 0) {
        throw Error(
            "'git lfs push --all' to the new store failed (above): run this again when its cause is mended");
    }
}

void write_lfsconfig(Repository& repository, const std::string& url) {
    const fs::path file = *repository.worktree() / ".lfsconfig";
    if (fs::is_symlink(fs::symlink_status(file))) {
        throw Error("'" + file.string() +
                    "' is a symbolic link, which is not followed: make it a regular file");
    }
    constexpr int absent = 5;
    run_git({"config", "--file", file.string(), "--replace-all", "lfs.url", url});
    ask_git({"config", "--file", file.string(), "--unset-all", "lfs.pushurl"}, absent);
}

}  // namespace bitx::agent
