#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "remote/engine.hpp"

namespace bitx::remote {

enum class Verb { head, get, put, list, remove };
inline constexpr std::size_t verb_count = 5;

/// What went through an engine since its start. Counted while other threads go on, so the numbers need not be
/// of one instant.
struct Traffic {
    struct Count {
        std::uint64_t requests = 0;  ///< calls, also those that failed
        std::uint64_t bytes = 0;     ///< of bodies: received by get, sent by put that succeeded
    };
    std::array<Count, verb_count> by_verb{};

    const Count& operator[](Verb verb) const { return by_verb[static_cast<std::size_t>(verb)]; }
    std::uint64_t requests() const;
    /// One line: "12 get 3.4 MB, 2 put 10 B".
    std::string text() const;
};

/// Counts calls and bytes by verb. Above a RetryEngine it counts what the program asked for, below it what
/// the store was asked.
class MeteringEngine final : public Engine {
  public:
    explicit MeteringEngine(std::unique_ptr<Engine> inner);

    Traffic traffic() const;

    std::optional<ObjectInfo> head(std::string_view key) override;
    ObjectInfo get(std::string_view key, ByteRange range, const Sink& sink,
                   std::string_view version = {}) override;
    PutResult put(std::string_view key, const Body& body, PutMode mode = PutMode::replace) override;
    void list(std::string_view prefix,
              const std::function<void(std::string_view key, std::uint64_t size)>& each) override;
    void remove(std::string_view key) override;
    void settle(std::string_view key) override { inner_->settle(key); }
    void check_writable() override { inner_->check_writable(); }
    std::string describe() const override { return inner_->describe(); }

  private:
    struct Counter {
        std::atomic<std::uint64_t> requests = 0;
        std::atomic<std::uint64_t> bytes = 0;
    };
    Counter& counter(Verb verb) { return counters_[static_cast<std::size_t>(verb)]; }

    std::unique_ptr<Engine> inner_;
    std::array<Counter, verb_count> counters_;
};

}  // namespace bitx::remote
