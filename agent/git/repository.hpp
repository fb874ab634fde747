#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/git/config.hpp"
#include "agent/git/file_modes.hpp"
#include "agent/git/lfs_pointer.hpp"

namespace bitx::agent {

/// A file of a commit that is an LFS pointer.
struct LfsFile {
    std::string path;        ///< from the root of the worktree, '/'-separated
    std::string oid;         ///< 64 lower-case hexadecimal digits
    std::uint64_t size = 0;  ///< bytes of the LFS object

    bool operator==(const LfsFile&) const = default;
};

/// A file as a reader finds it: in the worktree, else in the index, else in HEAD.
struct CommittedFile {
    std::string bytes;
    std::string where;  ///< for messages: its path, or ":path", or "HEAD:path"
};

/// The repository that git finds from a folder, GIT_DIR and GIT_WORK_TREE: worktrees, submodules, bare ones.
/// git says where it is and what its references mean; libgit2 reads objects, and `git cat-file` those that
/// libgit2 does not have. Not for several threads.
class Repository {
  public:
    /// Throws Error where `directory` (ours where empty) is in no repository, or where it uses SHA-256.
    static Repository open(const std::filesystem::path& directory = {});

    Repository(Repository&&) noexcept;
    Repository& operator=(Repository&&) noexcept;
    ~Repository();

    const GitConfig& config() const { return config_; }
    const std::filesystem::path& directory() const { return directory_; }  ///< where git is run
    const std::filesystem::path& git_dir() const { return git_dir_; }      ///< absolute
    const std::filesystem::path& common_dir() const {
        return common_dir_;
    }  ///< git_dir but in linked worktrees
    const std::optional<std::filesystem::path>& worktree() const { return worktree_; }
    bool is_bare() const { return is_bare_; }
    /// False until something was checked out: while a clone checks out, for one.
    bool has_index() const { return std::filesystem::exists(git_dir_ / "index"); }

    /// <common dir>/lfs, or lfs.storage.
    std::filesystem::path lfs_storage() const;
    std::filesystem::path lfs_objects() const { return lfs_storage() / "objects"; }
    std::filesystem::path lfs_object(std::string_view oid) const;
    /// Ours: on the file system of lfs_objects(), out of reach of git-lfs's own cleaning.
    std::filesystem::path bitx_dir() const { return lfs_storage() / "bitx"; }
    FileModes modes() const { return file_modes(config_, current_umask()); }

    /// The commit that a revision names, in hexadecimal; nothing where it names none.
    std::optional<std::string> resolve(std::string_view revision) const;

    /// The LFS files of a commit, in the order of its trees. `commit` is a full hash. Those whose pointers
    /// are not here (a partial clone) are fetched where `may_fetch`, else left out.
    std::vector<LfsFile> lfs_files(std::string_view commit, bool may_fetch = true);

    /// The bytes of a blob by revision and path ("HEAD", ".bitx"; "" is the index). Nothing where there is
    /// none; throws Error where it has more than `limit` bytes.
    std::optional<std::string> blob(std::string_view revision, std::string_view path, std::uint64_t limit);

    /// A file of the worktree, else the index, else HEAD; in a bare repository of HEAD only. Throws Error for
    /// a symbolic link, another special file, or more than `limit` bytes.
    std::optional<CommittedFile> committed_file(std::string_view path, std::uint64_t limit);

    /// One object by its hash in hexadecimal. Objects that are not here are fetched where `may_fetch`.
    /// Nothing where there is none, or where it has more than `limit` bytes.
    std::optional<std::string> object(std::string_view oid, std::uint64_t limit, bool may_fetch = true);

  private:
    Repository();
    struct Objects;

    GitConfig config_;
    std::filesystem::path directory_;
    std::filesystem::path git_dir_;
    std::filesystem::path common_dir_;
    std::optional<std::filesystem::path> worktree_;
    bool is_bare_ = false;
    std::unique_ptr<Objects> objects_;
};

}  // namespace bitx::agent
