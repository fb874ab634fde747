#pragma once

#include <memory>

#include "remote/decorator/request_slots.hpp"
#include "remote/engine.hpp"

namespace bitx::remote {

/// Lets as many verbs through at once as there are slots; further callers wait. Belongs below a RetryEngine:
/// who waits before another attempt holds no slot. A sink, and what a list calls, run while the slot is held:
/// they must neither call the engine nor wait for what only another verb brings.
class LimitingEngine final : public Engine {
  public:
    LimitingEngine(std::unique_ptr<Engine> inner, std::shared_ptr<RequestSlots> slots)
        : inner_(std::move(inner)), slots_(std::move(slots)) {}

    std::optional<ObjectInfo> head(std::string_view key) override {
        const auto slot = slots_->take();
        return inner_->head(key);
    }
    ObjectInfo get(std::string_view key, ByteRange range, const Sink& sink,
                   std::string_view version = {}) override {
        const auto slot = slots_->take();
        return inner_->get(key, range, sink, version);
    }
    PutResult put(std::string_view key, const Body& body, PutMode mode = PutMode::replace) override {
        const auto slot = slots_->take();
        return inner_->put(key, body, mode);
    }
    void list(std::string_view prefix,
              const std::function<void(std::string_view key, std::uint64_t size)>& each) override {
        const auto slot = slots_->take();
        inner_->list(prefix, each);
    }
    void remove(std::string_view key) override {
        const auto slot = slots_->take();
        inner_->remove(key);
    }
    void settle(std::string_view key) override {
        const auto slot = slots_->take();
        inner_->settle(key);
    }
    void check_writable() override {
        const auto slot = slots_->take();
        inner_->check_writable();
    }
    std::string describe() const override { return inner_->describe(); }

  private:
    std::unique_ptr<Engine> inner_;
    std::shared_ptr<RequestSlots> slots_;
};

}  // namespace bitx::remote
