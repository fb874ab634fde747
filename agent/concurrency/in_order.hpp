#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

namespace bitx::agent {

/// Brings the results of `count` tasks, begun in order and ended in any, back into their order. May be used
/// from several threads.
template <typename T>
class InOrder {
  public:
    /// `take` is called with one result after the other, from one thread at a time. At most `ahead` tasks
    /// are between the one whose result is taken next and the one that begins last.
    InOrder(std::size_t count, std::size_t ahead, std::function<void(T)> take)
        : ahead_(std::max<std::size_t>(1, ahead)), take_(std::move(take)), results_(count) {}

    /// Runs task `i`, as soon as its turn is near enough. After a task that threw, others do nothing.
    template <typename Task>
    void run(std::size_t i, const Task& task) {
        {
            std::unique_lock lock(mutex_);
            advanced_.wait(lock, [&] { return failed_ || i < next_ + ahead_; });
            if (failed_) return;
        }
        try {
            T result = task();
            const std::lock_guard lock(mutex_);
            results_[i] = std::move(result);
            for (; next_ < results_.size() && results_[next_]; ++next_) {
                take_(*std::move(results_[next_]));
                results_[next_].reset();
            }
        } catch (...) {
            {
                const std::lock_guard lock(mutex_);
                failed_ = true;
            }
            advanced_.notify_all();
            throw;
        }
        advanced_.notify_all();
    }

  private:
    std::size_t ahead_;
    std::function<void(T)> take_;
    std::mutex mutex_;
    std::condition_variable advanced_;
    std::size_t next_ = 0;
    bool failed_ = false;
    std::vector<std::optional<T>> results_;
};

}  // namespace bitx::agent
