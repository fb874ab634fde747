#include "agent/git/repository.hpp"

#include <fstream>
#include <set>
#include <sstream>

#include <git2.h>

#include "agent/error.hpp"
#include "agent/git/cat_file.hpp"
#include "agent/git/process.hpp"
#include "agent/git/tree.hpp"

namespace bitx::agent {

namespace {

namespace fs = std::filesystem;

std::string last_libgit2_error() {
    const git_error* error = git_error_last();
    return error != nullptr && error->message != nullptr ? error->message : "unknown error";
}

struct Libgit2 {
    Libgit2() { git_libgit2_init(); }
    Libgit2(const Libgit2&) = delete;
    Libgit2& operator=(const Libgit2&) = delete;
    ~Libgit2() { git_libgit2_shutdown(); }
};

struct Free {
    void operator()(git_repository* repository) const { git_repository_free(repository); }
    void operator()(git_odb* odb) const { git_odb_free(odb); }
    void operator()(git_odb_object* object) const { git_odb_object_free(object); }
};

/// Objects are all that we read through libgit2, so no extension but another hash changes what they mean.
void declare_extensions(const GitConfig& config) {
    if (config.get("extensions.objectformat").value_or("sha1") != "sha1") {
        throw Error(
            "this repository uses SHA-256 object names, which git-bitx cannot read: use a SHA-1 repository");
    }
    std::set<std::string> names;
    for (const ConfigEntry& entry : config.entries()) {
        if (entry.key.starts_with("extensions.")) names.insert(entry.key.substr(11));
    }
    std::vector<const char*> list;
    list.reserve(names.size());
    for (const std::string& name : names) list.push_back(name.c_str());
    git_libgit2_opts(GIT_OPT_SET_EXTENSIONS, list.data(), list.size());
    git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);  // git, which told us the path, has done it
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

}  // namespace

struct Repository::Objects {
    explicit Objects(const fs::path& directory) : cat_file(directory) {}

    Libgit2 libgit2;
    std::unique_ptr<git_repository, Free> repository;
    std::unique_ptr<git_odb, Free> odb;
    CatFile cat_file;
};

Repository::Repository() = default;
Repository::Repository(Repository&&) noexcept = default;
Repository& Repository::operator=(Repository&&) noexcept = default;
Repository::~Repository() = default;

Repository Repository::open(const fs::path& directory) {
    Repository opened;
    opened.directory_ = directory;
    ProcessOptions options;
    options.directory = directory;
    // The last question fails where there is no worktree; the others are answered by then.
    const ProcessResult places = run_process({"git", "rev-parse", "--absolute-git-dir", "--git-common-dir",
                                              "--is-bare-repository", "--show-toplevel"},
                                             options);
    const std::vector<std::string> lines = lines_of(places.output);
    if (lines.size() < 3) {
        const std::vector<std::string> said = lines_of(places.errors);
        throw Error("cannot open the repository: " + (said.empty() ? "git rev-parse failed" : said.front()));
    }
    opened.git_dir_ = lines[0];
    const fs::path start = directory.empty() ? fs::current_path() : fs::absolute(directory);
    opened.common_dir_ = fs::weakly_canonical(start / lines[1]);
    opened.is_bare_ = lines[2] == "true";
    if (lines.size() > 3) opened.worktree_ = lines[3];

    opened.config_ = GitConfig::read(directory);
    opened.objects_ = std::make_unique<Objects>(directory);
    declare_extensions(opened.config_);
    git_repository* repository = nullptr;
    const unsigned flags = GIT_REPOSITORY_OPEN_NO_SEARCH | GIT_REPOSITORY_OPEN_BARE;
    if (git_repository_open_ext(&repository, opened.git_dir_.c_str(), flags, nullptr) != 0) {
        throw Error("cannot open the repository '" + opened.git_dir_.string() + "': " + last_libgit2_error());
    }
    opened.objects_->repository.reset(repository);
    git_odb* odb = nullptr;
    if (git_repository_odb(&odb, repository) != 0) {
        throw Error("cannot open the objects of '" + opened.git_dir_.string() + "': " + last_libgit2_error());
    }
    opened.objects_->odb.reset(odb);
    return opened;
}

fs::path Repository::lfs_storage() const {
    const std::string storage = config_.get("lfs.storage").value_or("");
    return common_dir_ / (storage.empty() ? "lfs" : storage);  // an absolute one replaces the folder
}

fs::path Repository::lfs_object(std::string_view oid) const {
    return lfs_objects() / oid.substr(0, 2) / oid.substr(2, 2) / oid;
}

std::optional<std::string> Repository::resolve(std::string_view revision) const {
    ProcessOptions options;
    options.directory = directory_;
    auto answer =
        ask_git({"rev-parse", "--verify", "--quiet", "--end-of-options", std::string(revision) + "^{commit}"},
                1, options);
    if (!answer) return std::nullopt;
    return lines_of(*answer).at(0);
}

std::optional<std::string> Repository::object(std::string_view oid, std::uint64_t limit, bool may_fetch) {
    git_oid id;
    if (oid.size() != GIT_OID_HEXSZ || git_oid_fromstrn(&id, oid.data(), oid.size()) != 0)
        return std::nullopt;
    git_odb* odb = objects_->odb.get();
    if (git_odb_exists_ext(odb, &id, GIT_ODB_LOOKUP_NO_REFRESH) == 0) {
        if (!may_fetch) return std::nullopt;
        auto fetched = objects_->cat_file.read(oid, limit);
        if (!fetched || fetched->size > limit) return std::nullopt;
        return std::move(fetched->bytes);
    }
    std::size_t size = 0;
    git_object_t type = GIT_OBJECT_INVALID;
    git_odb_object* raw = nullptr;
    const auto check = [&](int result) {
        if (result != 0)
            throw Error("cannot read git object " + std::string(oid) + ": " + last_libgit2_error());
    };
    check(git_odb_read_header(&size, &type, odb, &id));
    if (size > limit) return std::nullopt;
    check(git_odb_read(&raw, odb, &id));
    const std::unique_ptr<git_odb_object, Free> object(raw);
    return std::string(static_cast<const char*>(git_odb_object_data(raw)), git_odb_object_size(raw));
}

std::vector<LfsFile> Repository::lfs_files(std::string_view commit, bool may_fetch) {
    std::vector<LfsFile> files;
    walk_tree(*this, commit, may_fetch, [&](const TreeEntry& entry) {
        if (!entry.is_regular()) return true;
        const auto bytes = object(entry.oid, lfs_pointer_limit - 1, may_fetch);
        if (!bytes) return false;
        if (const auto pointer = parse_lfs_pointer(*bytes)) {
            files.push_back({entry.path, pointer->oid, pointer->size});
        }
        return false;
    });
    return files;
}

std::optional<std::string> Repository::blob(std::string_view revision, std::string_view path,
                                            std::uint64_t limit) {
    const std::string name = std::string(revision) + ":" + std::string(path);
    auto found = objects_->cat_file.read(name, limit);
    if (!found || found->type != "blob") return std::nullopt;
    if (found->size > limit) {
        throw Error("'" + name + "' has " + std::to_string(found->size) + " bytes: more than " +
                    std::to_string(limit) + " are not read");
    }
    return std::move(found->bytes);
}

std::optional<CommittedFile> Repository::committed_file(std::string_view path, std::uint64_t limit) {
    if (worktree_) {
        const fs::path file = *worktree_ / path;
        const fs::file_status status = fs::symlink_status(file);
        if (fs::is_symlink(status)) {
            throw Error("'" + file.string() +
                        "' is a symbolic link, which is not followed: make it a regular file");
        }
        if (fs::exists(status)) {
            if (!fs::is_regular_file(status)) throw Error("'" + file.string() + "' is no regular file");
            if (fs::file_size(file) > limit) throw Error("'" + file.string() + "' is too large");
            std::ifstream stream(file, std::ios::binary);
            std::string bytes((std::istreambuf_iterator<char>(stream)), {});
            if (!stream) throw Error("cannot read '" + file.string() + "'");
            return CommittedFile{std::move(bytes), file.string()};
        }
    }
    if (!is_bare_) {
        if (auto bytes = blob("", path, limit))
            return CommittedFile{std::move(*bytes), std::string(":").append(path)};
    }
    if (auto bytes = blob("HEAD", path, limit))
        return CommittedFile{std::move(*bytes), "HEAD:" + std::string(path)};
    return std::nullopt;
}

}  // namespace bitx::agent
