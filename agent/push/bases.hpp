#pragma once

#include <memory>
#include <optional>
#include <string>

#include "agent/dot_bitx.hpp"
#include "agent/git/file_history.hpp"
#include "agent/push/push.hpp"
#include "agent/store/store.hpp"

namespace bitx::agent {

/// Finds what the files of a repository may be coded against: an earlier version of the same file, which is
/// nearest, and the declared base.
class Bases {
  public:
    Bases(Repository& repository, Store& store) : repository_(repository), store_(store) {}

    /// Throws Error where the declared base is not in the store: it says what to do.
    /// `path` is that of a file that is not committed yet.
    FileBases of(const codec::Digest& oid, const std::string& path = {});

  private:
    std::shared_ptr<const BaseModel> declared();
    std::shared_ptr<const BaseModel> neighbour(const std::string& path, const codec::Digest& oid);

    Repository& repository_;
    Store& store_;
    std::optional<FileHistory> history_;
    bool declared_known_ = false;
    std::shared_ptr<const BaseModel> declared_;
};

/// The tensors of a published model. Throws AbsentError where a recipe is missing.
std::shared_ptr<const BaseModel> read_base_model(Store& store, const codec::Manifest& manifest);

}  // namespace bitx::agent
