#pragma once

#include <map>
#include <mutex>
#include <string>

#include "agent/container/plain_base.hpp"
#include "agent/file.hpp"
#include "codec/object/container.hpp"
#include "remote/engine.hpp"

namespace bitx::agent {

/// A store in one file (FORMAT.md, "Container"): what is put is appended. Blobs that a base file makes are
/// there too, without being stored. Objects that are there are not put again.
class ContainerEngine final : public remote::Engine {
  public:
    enum class Mode { create, read };

    /// `name` is how messages call the container. `file` and `base` outlive the engine; `base` may be null.
    /// To read one throws Error where it is no container, or damaged.
    ContainerEngine(File& file, Mode mode, std::string name, const PlainBase* base);

    std::optional<remote::ObjectInfo> head(std::string_view key) override;
    remote::ObjectInfo get(std::string_view key, remote::ByteRange range, const remote::Sink& sink,
                           std::string_view version = {}) override;
    remote::PutResult put(std::string_view key, const remote::Body& body,
                          remote::PutMode mode = remote::PutMode::replace) override;
    /// Lists what the file holds.
    void list(std::string_view prefix,
              const std::function<void(std::string_view key, std::uint64_t size)>& each) override;
    /// Nothing can be removed.
    void remove(std::string_view key) override;
    std::string describe() const override { return name_; }

  private:
    void append(codec::ByteView bytes);

    File& file_;
    std::string name_;
    const PlainBase* base_;
    std::string identity_;
    std::mutex mutex_;
    std::map<std::string, codec::ContainerEntry, std::less<>> entries_;
    std::uint64_t end_ = 0;
};

}  // namespace bitx::agent
