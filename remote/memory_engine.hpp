#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "remote/engine.hpp"

namespace bitx::remote {

/// A store in memory, for tests. A get delivers pieces of 64 KiB and reads the object as it was at its start.
class MemoryEngine final : public Engine {
  public:
    std::optional<ObjectInfo> head(std::string_view key) override;
    ObjectInfo get(std::string_view key, ByteRange range, const Sink& sink,
                   std::string_view version = {}) override;
    PutResult put(std::string_view key, const Body& body, PutMode mode = PutMode::replace) override;
    void list(std::string_view prefix,
              const std::function<void(std::string_view key, std::uint64_t size)>& each) override;
    void remove(std::string_view key) override;
    std::string describe() const override { return "memory"; }

  private:
    struct Object {
        std::shared_ptr<const std::vector<std::byte>> bytes;
        ObjectInfo info;
    };

    std::optional<Object> find(std::string_view key) const;

    mutable std::mutex mutex_;
    std::map<std::string, Object, std::less<>> objects_;
    std::uint64_t last_version_ = 0;
};

}  // namespace bitx::remote
