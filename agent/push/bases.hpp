#pragma once

#include <future>
#include <memory>
#include <optional>
#include <string>

#include "agent/concurrency/thread_pool.hpp"
#include "agent/dot_bitx.hpp"
#include "agent/git/file_history.hpp"
#include "agent/local/local_sources.hpp"
#include "agent/push/push.hpp"
#include "agent/store/store.hpp"

namespace bitx::agent {

/// Finds what the files of a repository may be coded against: an earlier version of the same file, which is
/// nearest, and the declared base.
class Bases {
  public:
    /// What of the bases is on this machine is added to `local`, which may be null.
    Bases(Repository& repository, Store& store, ThreadPool& pool, LocalSources* local)
        : repository_(repository), store_(store), pool_(pool), local_(local) {}

    /// Throws Error where the declared base is not in the store: it says what to do.
    /// `path` is that of a file that is not committed yet.
    FileBases of(const codec::Digest& oid, const std::string& path = {});

    /// Asks the store for the declared base already, while something else is asked for. What goes wrong is
    /// thrown by of(). The pool must outlive this.
    void read_ahead();

  private:
    std::shared_ptr<const BaseModel> declared();
    std::shared_ptr<const BaseModel> read(const DeclaredBase& base);
    std::shared_ptr<const BaseModel> neighbour(const std::string& path, const codec::Digest& oid);

    Repository& repository_;
    Store& store_;
    ThreadPool& pool_;
    LocalSources* local_;
    std::optional<FileHistory> history_;
    std::optional<std::shared_future<std::shared_ptr<const BaseModel>>>
        declared_;  ///< null: none is declared
};

}  // namespace bitx::agent
