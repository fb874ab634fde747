#pragma once

#include <shared_mutex>
#include <stop_token>
#include <thread>

namespace bitx::agent {

/// Turns SIGINT and SIGTERM into a request to stop, and ignores SIGPIPE, so that an interrupted transfer
/// removes its temporary files. To be made before other threads are. When a signal comes the process ends
/// with 128 + its number: at once while no work() is held, else when the work has unwound.
class SignalWatch {
  public:
    SignalWatch();
    SignalWatch(const SignalWatch&) = delete;
    SignalWatch& operator=(const SignalWatch&) = delete;
    ~SignalWatch();

    std::stop_token stop_token() const { return stop_.get_token(); }
    /// Held, by any number of threads, while there is something to clean up.
    std::shared_lock<std::shared_mutex> work() { return std::shared_lock(working_); }

  private:
    void watch();

    std::stop_source stop_;
    std::shared_mutex working_;
    std::jthread thread_;
};

}  // namespace bitx::agent
