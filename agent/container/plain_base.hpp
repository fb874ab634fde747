#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "agent/file.hpp"
#include "agent/push/base_lookup.hpp"
#include "agent/push/layout.hpp"
#include "remote/engine.hpp"

namespace bitx::agent {

/// A safetensors file, served as a store that holds it would: as blobs of raw frames, whose bytes are the
/// file's own. So it can be a base without being copied. May be used from several threads.
class PlainBase {
  public:
    /// Reads the file once, for its digests. Throws Error where it is not safetensors.
    explicit PlainBase(const std::filesystem::path& path);

    /// Its tensors, to be found as bases.
    std::shared_ptr<const BaseModel> model() const { return model_; }
    const std::filesystem::path& path() const { return file_.path(); }
    /// Whether the file still is what it was when it was opened.
    bool unchanged() const { return file_.version() == version_; }

    /// The size of the blob of that key; nothing where this file does not make it.
    std::optional<std::uint64_t> size(std::string_view key) const;
    /// Delivers a range of the blob of that key, which exists.
    void read(std::string_view key, remote::ByteRange range, const remote::Sink& sink) const;

  private:
    struct Object {
        codec::Bytes header;
        std::vector<Part> parts;
        std::uint64_t length = 0;  ///< raw bytes
    };
    codec::BlobKey add(const Unit& unit, const std::vector<codec::Tensor>& tensors);

    File file_;
    std::string version_;                                 ///< of the file
    std::map<std::string, Object, std::less<>> objects_;  ///< by key
    std::shared_ptr<BaseModel> model_;
};

}  // namespace bitx::agent
