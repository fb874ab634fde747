#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace bitx::agent {

/// A fixed number of threads that run tasks in the order in which they were given, those of parallel_for
/// first: what has begun ends before something new begins. Tasks do not throw: a
/// TaskGroup or parallel_for catches for them.
class ThreadPool {
  public:
    explicit ThreadPool(unsigned threads);
    ThreadPool(const ThreadPool&) = delete;
    ThreadPool& operator=(const ThreadPool&) = delete;
    /// Runs what was given, then ends.
    ~ThreadPool();

    unsigned size() const { return static_cast<unsigned>(threads_.size()); }

    void post(std::function<void()> task);

    /// Calls body(0) … body(count - 1), each once, from the calling thread and from those of the pool that
    /// are idle; so it may be called from inside a task. Returns when all have ended; after an exception no
    /// further one begins, and the first is thrown on.
    void parallel_for(std::size_t count, const std::function<void(std::size_t)>& body);

  private:
    void run();
    void post_first(std::function<void()> task);

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::function<void()>> tasks_;
    bool ending_ = false;
    std::vector<std::jthread> threads_;
};

/// Tasks on a pool that succeed or fail together.
class TaskGroup {
  public:
    explicit TaskGroup(ThreadPool& pool) : pool_(pool) {}
    TaskGroup(const TaskGroup&) = delete;
    TaskGroup& operator=(const TaskGroup&) = delete;
    /// Waits for the tasks, whatever they did.
    ~TaskGroup();

    /// Runs a task on the pool, unless one has failed already.
    void run(std::function<void()> task);
    bool failed() const;
    /// Waits for all and throws the first exception of theirs.
    void wait();

  private:
    ThreadPool& pool_;
    mutable std::mutex mutex_;
    std::condition_variable ended_;
    std::size_t running_ = 0;
    std::exception_ptr first_error_;
};

}  // namespace bitx::agent
