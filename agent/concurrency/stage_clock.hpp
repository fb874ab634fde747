#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string_view>

namespace bitx::agent {

/// What the threads of a transfer spend their time on.
enum class Stage {
    read,          ///< reading the user's file
    hash,          ///< SHA-256
    fetch,         ///< requests that read from the store
    code,          ///< coding, decoding, comparing
    store,         ///< requests that write to the store
    write,         ///< writing the file that is built
    await_coder,   ///< waiting until fewer than bitx.threads compute
    await_memory,  ///< waiting until less than bitx.memory is held
};
inline constexpr std::size_t stage_count = 8;

constexpr std::string_view name(Stage stage) {
    constexpr std::array<std::string_view, stage_count> names = {
        "read", "hash", "fetch", "code", "store", "write", "wait for a core", "wait for memory"};
    return names[static_cast<std::size_t>(stage)];
}

/// Sums, over all threads, the wall time that each stage took. May be used from several threads.
class StageClock {
    using Clock = std::chrono::steady_clock;

  public:
    /// Adds the time of its life to a stage.
    class Span {
      public:
        Span(StageClock& clock, Stage stage) : sum_(clock.sums_[static_cast<std::size_t>(stage)]) {}
        Span(const Span&) = delete;
        Span& operator=(const Span&) = delete;
        ~Span() { sum_ += std::chrono::nanoseconds(Clock::now() - begin_).count(); }

      private:
        std::atomic<std::int64_t>& sum_;
        Clock::time_point begin_ = Clock::now();
    };

    Span span(Stage stage) { return Span(*this, stage); }
    double seconds(Stage stage) const {
        return static_cast<double>(sums_[static_cast<std::size_t>(stage)].load()) / 1e9;
    }

  private:
    std::array<std::atomic<std::int64_t>, stage_count> sums_{};
};

}  // namespace bitx::agent
