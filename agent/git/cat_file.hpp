#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "agent/git/child.hpp"

namespace bitx::agent {

/// Reads objects through a running `git cat-file --batch`: what libgit2 does not have (objects of a partial
/// clone, which git then fetches) or cannot read (a split or sparse index). The child is started by the first
/// read. Not for several threads.
class CatFile {
  public:
    explicit CatFile(std::filesystem::path directory) : directory_(std::move(directory)) {}
    CatFile(CatFile&&) = default;
    CatFile& operator=(CatFile&&) = delete;
    ~CatFile();

    struct Object {
        std::string type;  ///< "blob", "tree", "commit", "tag"
        std::uint64_t size = 0;
        std::string bytes;  ///< empty where size is above the limit
    };

    /// The object that `name` names: a hash, "HEAD:path", ":path" for the index. Nothing where there is none.
    /// Bytes above `limit` are not kept. Throws Error where git fails (a promisor that does not answer).
    std::optional<Object> read(std::string_view name, std::uint64_t limit);

  private:
    void start();
    void stop();
    void ask(std::string_view name);
    std::string answer_line();
    void fill();

    std::filesystem::path directory_;
    pid_t child_ = -1;
    Descriptor to_child_;
    Descriptor from_child_;
    std::string buffer_;
};

}  // namespace bitx::agent
