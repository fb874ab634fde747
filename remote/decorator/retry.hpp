#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>

#include "remote/engine.hpp"

namespace bitx::remote {

/// How long to go on with what is unavailable: attempts with exponentially growing waits between them, each
/// shortened by a random part so that many clients do not come back at once; at least as long as the server
/// asked for.
struct RetryPolicy {
    std::chrono::milliseconds first_wait{500};
    std::chrono::milliseconds longest_wait{30'000};
    /// Of waiting, since the first failure or since bytes last came.
    std::chrono::milliseconds total{300'000};
    /// Waits, or throws to give up. Replaced in tests.
    std::function<void(std::chrono::milliseconds)> wait;
    /// In place of a longer `total` while the store has never answered: its name may be wrong, or the network
    /// off.
    std::chrono::milliseconds first_contact{15'000};
};

/// The state of one operation that is tried again.
class Retry {
  public:
    explicit Retry(const RetryPolicy& policy);

    /// Waits before the next attempt, or throws `error`, its message completed with how often was tried,
    /// where the limit is reached. `reached` tells whether the store has ever answered.
    void after(const UnavailableError& error, bool reached = true);
    /// There was progress: counts and waits begin anew.
    void reset();

  private:
    const RetryPolicy& policy_;
    unsigned failures_ = 0;
    std::chrono::milliseconds waited_{0};
};

/// Calls `work` until it does not throw UnavailableError, or the policy's limit is reached.
template <typename Work>
auto with_retry(const RetryPolicy& policy, const Work& work) {
    for (Retry retry(policy);;) {
        try {
            return work();
        } catch (const UnavailableError& error) {
            retry.after(error);
        }
    }
}

/// Tries again what is unavailable (UnavailableError), and nothing else. A get goes on where it stopped, with
/// the version that it began with: where the object has changed meanwhile it throws ChangedError. A list does
/// not name a key twice.
class RetryEngine final : public Engine {
  public:
    explicit RetryEngine(std::unique_ptr<Engine> inner, RetryPolicy policy = {});

    std::optional<ObjectInfo> head(std::string_view key) override;
    ObjectInfo get(std::string_view key, ByteRange range, const Sink& sink,
                   std::string_view version = {}) override;
    PutResult put(std::string_view key, const Body& body, PutMode mode = PutMode::replace) override;
    void list(std::string_view prefix,
              const std::function<void(std::string_view key, std::uint64_t size)>& each) override;
    void remove(std::string_view key) override;
    void settle(std::string_view key) override;
    void check_writable() override;
    std::string describe() const override { return inner_->describe(); }

  private:
    std::unique_ptr<Engine> inner_;
    RetryPolicy policy_;
    std::atomic<bool> reached_ = false;  ///< a get was answered: use of a store begins with one
};

}  // namespace bitx::remote
