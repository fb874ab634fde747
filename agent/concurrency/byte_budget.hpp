#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace bitx::agent {

/// Bytes of memory that may be in use at once.
class ByteBudget {
  public:
    explicit ByteBudget(std::uint64_t limit) : limit_(limit), left_(limit) {}

    /// Held bytes; given back when it goes. To hold more than the limit counts as holding all of it.
    class Share {
      public:
        Share(ByteBudget& budget, std::uint64_t bytes)
            : budget_(budget), bytes_(std::min(bytes, budget.limit_)) {
            std::unique_lock lock(budget_.mutex_);
            budget_.changed_.wait(lock, [this] { return budget_.left_ >= bytes_; });
            budget_.left_ -= bytes_;
        }
        Share(const Share&) = delete;
        Share& operator=(const Share&) = delete;
        ~Share() { shrink(0); }

        /// Gives back all but `bytes`.
        void shrink(std::uint64_t bytes) {
            if (bytes >= bytes_) return;
            {
                const std::lock_guard lock(budget_.mutex_);
                budget_.left_ += bytes_ - bytes;
            }
            bytes_ = bytes;
            budget_.changed_.notify_all();
        }

      private:
        ByteBudget& budget_;
        std::uint64_t bytes_;
    };

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::uint64_t limit_;
    std::uint64_t left_;
};

}  // namespace bitx::agent
