#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>

namespace bitx::agent {

/// The wall time in which at least one of several overlapping things was under way. May be used from several
/// threads.
class BusyClock {
    using Clock = std::chrono::steady_clock;

  public:
    class Span {
      public:
        explicit Span(BusyClock& clock) : clock_(clock) { clock_.begin(); }
        Span(const Span&) = delete;
        Span& operator=(const Span&) = delete;
        ~Span() { clock_.end(); }

      private:
        BusyClock& clock_;
    };

    Span span() { return Span(*this); }

    std::chrono::duration<double> busy() const {
        const std::lock_guard lock(mutex_);
        return running_ > 0 ? sum_ + (Clock::now() - since_) : sum_;
    }

  private:
    void begin() {
        const std::lock_guard lock(mutex_);
        if (running_++ == 0) since_ = Clock::now();
    }
    void end() {
        const std::lock_guard lock(mutex_);
        if (--running_ == 0) sum_ += Clock::now() - since_;
    }

    mutable std::mutex mutex_;
    std::size_t running_ = 0;
    Clock::time_point since_;
    Clock::duration sum_{};
};

}  // namespace bitx::agent
