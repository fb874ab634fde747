#pragma once

#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "codec/object/recipe.hpp"

namespace bitx::agent {

/// A run of a stored blob that a part of a file may be coded against.
struct BaseCandidate {
    codec::BlobRange range;
    std::string source;  ///< for people: "acme/minilm model.safetensors"
};

/// The tensors of files that are in the store already, to find counterparts of a new file's: a published
/// model, or an earlier version of the file.
class BaseModel {
  public:
    /// Adds a file of the model. `path` is its path in its repository.
    void add(const std::string& path, const codec::Recipe& recipe, const std::string& label);

    /// The counterpart of a tensor of the file at `path`: of the same name in the file of the same path, else
    /// of the same name in any file. It has the same dtype and the same trailing dimensions (all but the
    /// first), so that its leading rows line up; the range ends where the shorter of the two does.
    std::optional<BaseCandidate> find(const std::string& path, const codec::Tensor& tensor) const;

    /// The header of the file at `path`, else of any file, where it is stored as a blob.
    std::optional<BaseCandidate> find_header(const std::string& path) const;

    /// The blobs that the files' recipes name: they are in the store.
    const std::vector<codec::BlobKey>& blobs() const { return blobs_; }

  private:
    struct Entry {
        codec::Tensor tensor;
        std::string path;
        BaseCandidate candidate;
    };
    std::unordered_multimap<std::string, Entry> tensors_;  ///< by name
    std::map<std::string, BaseCandidate> headers_;         ///< by path
    std::vector<codec::BlobKey> blobs_;
};

/// Whether a tensor's leading rows line up with another's: same dtype and trailing dimensions.
bool rows_line_up(const codec::Tensor& one, const codec::Tensor& other);

}  // namespace bitx::agent
