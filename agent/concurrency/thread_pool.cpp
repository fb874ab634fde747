#include "agent/concurrency/thread_pool.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace bitx::agent {

ThreadPool::ThreadPool(unsigned threads) {
    for (unsigned i = 0; i < std::max(1U, threads); ++i) threads_.emplace_back([this] { run(); });
}

ThreadPool::~ThreadPool() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    changed_.notify_all();
}

void ThreadPool::post(std::function<void()> task) {
    {
        const std::lock_guard lock(mutex_);
        tasks_.push_back(std::move(task));
    }
    changed_.notify_one();
}

void ThreadPool::post_first(std::function<void()> task) {
    {
        const std::lock_guard lock(mutex_);
        tasks_.push_front(std::move(task));
    }
    changed_.notify_one();
}

void ThreadPool::run() {
    for (;;) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return ending_ || !tasks_.empty(); });
        if (tasks_.empty()) return;
        const std::function<void()> task = std::move(tasks_.front());
        tasks_.pop_front();
        lock.unlock();
        task();
    }
}

void ThreadPool::parallel_for(std::size_t count, const std::function<void(std::size_t)>& body) {
    // Shared with helpers, which may begin after all is done and then find nothing to do.
    struct Loop {
        std::mutex mutex;
        std::condition_variable ended;
        std::size_t next = 0;
        std::size_t count = 0;
        std::size_t running = 0;
        std::exception_ptr first_error;
        const std::function<void(std::size_t)>* body = nullptr;

        void work() {
            std::unique_lock lock(mutex);
            while (next < count) {
                const std::size_t i = next++;
                ++running;
                lock.unlock();
                std::exception_ptr error;
                try {
                    (*body)(i);
                } catch (...) {
                    error = std::current_exception();
                }
                lock.lock();
                --running;
                if (error) {
                    next = count;
                    if (!first_error) first_error = error;
                }
            }
            if (running == 0) ended.notify_all();
        }
    };
    const auto loop = std::make_shared<Loop>();
    loop->count = count;
    loop->body = &body;
    for (std::size_t i = 1; i < std::min<std::size_t>(count, size() + 1); ++i)
        post_first([loop] { loop->work(); });
    loop->work();
    std::unique_lock lock(loop->mutex);
    loop->ended.wait(lock, [&] { return loop->running == 0; });
    if (loop->first_error) std::rethrow_exception(loop->first_error);
}

TaskGroup::~TaskGroup() {
    std::unique_lock lock(mutex_);
    ended_.wait(lock, [this] { return running_ == 0; });
}

void TaskGroup::run(std::function<void()> task) {
    {
        const std::lock_guard lock(mutex_);
        if (first_error_) return;
        ++running_;
    }
    pool_.post([this, task = std::move(task)] {
        std::exception_ptr error;
        try {
            if (!failed()) task();
        } catch (...) {
            error = std::current_exception();
        }
        const std::lock_guard lock(mutex_);
        if (error && !first_error_) first_error_ = error;
        if (--running_ == 0) ended_.notify_all();
    });
}

bool TaskGroup::failed() const {
    const std::lock_guard lock(mutex_);
    return first_error_ != nullptr;
}

void TaskGroup::wait() {
    std::unique_lock lock(mutex_);
    ended_.wait(lock, [this] { return running_ == 0; });
    if (first_error_) std::rethrow_exception(first_error_);
}

}  // namespace bitx::agent
