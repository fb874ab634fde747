#pragma once

#include <memory>
#include <mutex>
#include <vector>

namespace bitx::agent {

/// Objects that are costly to make and used by one thread at a time: lends one, made when all are lent.
template <typename T>
class LeasePool {
  public:
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
        const std::lock_guard lock(mutex_);
        if (idle_.empty()) return Lease(*this, std::make_unique<T>());
        std::unique_ptr<T> object = std::move(idle_.back());
        idle_.pop_back();
        return Lease(*this, std::move(object));
    }

  private:
    void give_back(std::unique_ptr<T> object) {
        const std::lock_guard lock(mutex_);
        idle_.push_back(std::move(object));
    }

    std::mutex mutex_;
    std::vector<std::unique_ptr<T>> idle_;
};

}  // namespace bitx::agent
