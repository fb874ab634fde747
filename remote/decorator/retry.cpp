#include "remote/decorator/retry.hpp"

#include <algorithm>
#include <exception>
#include <random>
#include <thread>
#include <unordered_set>

namespace bitx::remote {

Retry::Retry(const RetryPolicy& policy) : policy_(policy) {}

void Retry::reset() {
    failures_ = 0;
    waited_ = {};
}

void Retry::after(const UnavailableError& error, bool reached) {
    if (error.final) throw error;
    // What is counted is the time spent waiting: an attempt that itself takes minutes to fail is no reason to
    // make fewer of them.
    thread_local std::minstd_rand random{std::random_device{}()};
    const auto doubled = policy_.first_wait * (std::int64_t{1} << std::min(failures_, 20U));
    const auto longest = std::min<std::chrono::milliseconds>(doubled, policy_.longest_wait);
    auto wait = longest - longest * std::uniform_int_distribution<int>(0, 500)(random) / 1000;
    if (error.retry_after) wait = std::max<std::chrono::milliseconds>(wait, *error.retry_after);
    ++failures_;
    const bool answers = reached || error.answered;
    if (waited_ + wait > (answers ? policy_.total : std::min(policy_.total, policy_.first_contact))) {
        UnavailableError last(std::string(error.what()) + " (tried " + std::to_string(failures_) + " times)");
        last.retry_after = error.retry_after;
        last.version = error.version;
        last.answered = error.answered;
        last.final = true;
        throw last;
    }
    waited_ += wait;
    if (policy_.wait) {
        policy_.wait(wait);
    } else {
        std::this_thread::sleep_for(wait);
    }
}

RetryEngine::RetryEngine(std::unique_ptr<Engine> inner, RetryPolicy policy)
    : inner_(std::move(inner)), policy_(std::move(policy)) {}

std::optional<ObjectInfo> RetryEngine::head(std::string_view key) {
    return with_retry(policy_, [&] { return inner_->head(key); });
}

ObjectInfo RetryEngine::get(std::string_view key, ByteRange range, const Sink& sink,
                            std::string_view version) {
    std::string pinned(version);
    std::uint64_t delivered = 0;
    for (Retry retry(policy_);;) {
        const std::uint64_t before = delivered;
        std::exception_ptr sink_failure;
        try {
            const ObjectInfo info = inner_->get(
                key, {range.offset + delivered, range.length - delivered},
                [&](std::span<const std::byte> piece) {
                    // What the sink throws is the caller's, even if it is an UnavailableError.
                    try {
                        sink(piece);
                    } catch (...) {
                        sink_failure = std::current_exception();
                        throw;
                    }
                    delivered += piece.size();
                },
                pinned);
            reached_ = true;
            return info;
        } catch (const AbsentError&) {
            reached_ = true;
            throw;
        } catch (const UnavailableError& error) {
            if (sink_failure) throw;
            if (delivered > before) retry.reset();
            if (pinned.empty()) pinned = error.version;
            if (delivered > 0 && pinned.empty()) throw;  // nothing tells the rest from another version's
            if (delivered == range.length) throw;        // all came, and something was wrong with it
            retry.after(error, reached_);
        }
    }
}

PutResult RetryEngine::put(std::string_view key, const Body& body, PutMode mode) {
    return with_retry(policy_, [&] { return inner_->put(key, body, mode); });
}

void RetryEngine::list(std::string_view prefix,
                       const std::function<void(std::string_view key, std::uint64_t size)>& each) {
    std::unordered_set<std::string> seen;
    with_retry(policy_, [&] {
        inner_->list(prefix, [&](std::string_view key, std::uint64_t size) {
            if (seen.emplace(key).second) each(key, size);
        });
    });
}

void RetryEngine::remove(std::string_view key) {
    with_retry(policy_, [&] { inner_->remove(key); });
}

void RetryEngine::settle(std::string_view key) {
    with_retry(policy_, [&] { inner_->settle(key); });
}

void RetryEngine::check_writable() {
    with_retry(policy_, [&] { inner_->check_writable(); });
}

}  // namespace bitx::remote
