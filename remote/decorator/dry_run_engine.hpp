#pragma once

#include <memory>

#include "remote/engine.hpp"

namespace bitx::remote {

/// Reads from another engine and writes nothing: puts and removals are accepted and forgotten.
class DryRunEngine final : public Engine {
  public:
    explicit DryRunEngine(std::unique_ptr<Engine> engine) : engine_(std::move(engine)) {}

    std::optional<ObjectInfo> head(std::string_view key) override { return engine_->head(key); }
    ObjectInfo get(std::string_view key, ByteRange range, const Sink& sink,
                   std::string_view version = {}) override {
        return engine_->get(key, range, sink, version);
    }
    PutResult put(std::string_view, const Body&, PutMode) override { return PutResult::written; }
    void list(std::string_view prefix,
              const std::function<void(std::string_view key, std::uint64_t size)>& each) override {
        engine_->list(prefix, each);
    }
    void remove(std::string_view) override {}
    std::string describe() const override { return engine_->describe(); }

  private:
    std::unique_ptr<Engine> engine_;
};

}  // namespace bitx::remote
