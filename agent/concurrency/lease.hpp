#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

namespace bitx::agent {

/// Objects that are costly to make and used by one thread at a time: lends at most `limit` at once, and lets
/// others wait. Whoever holds one must not ask for another.
template <typename T>
class LeasePool {
  public:
    explicit LeasePool(std::size_t limit) : left_(limit) {}

    class Lease {
      public:
        Lease(LeasePool& pool, std::unique_ptr<T> object) : pool_(pool), object_(std::move(object)) {}
        Lease(const Lease&) = delete;
        Lease& operator=(const Lease&) = delete;
        ~Lease() { pool_.give_back(std::move(object_)); }

        T& operator*() const { return *object_; }

      private:
        LeasePool& pool_;
        std::unique_ptr<T> object_;
    };

    Lease lend() {
        std::unique_lock lock(mutex_);
        returned_.wait(lock, [this] { return left_ > 0; });
        std::unique_ptr<T> object;
        if (idle_.empty()) {
            object = std::make_unique<T>();
        } else {
            object = std::move(idle_.back());
            idle_.pop_back();
        }
        --left_;
        return Lease(*this, std::move(object));
    }

  private:
    void give_back(std::unique_ptr<T> object) {
        {
            const std::lock_guard lock(mutex_);
            idle_.push_back(std::move(object));
            ++left_;
        }
        returned_.notify_one();
    }

    std::mutex mutex_;
    std::condition_variable returned_;
    std::size_t left_;
    std::vector<std::unique_ptr<T>> idle_;
};

}  // namespace bitx::agent
