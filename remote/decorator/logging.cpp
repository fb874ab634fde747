#include "remote/decorator/logging.hpp"

#include <chrono>
#include <utility>

#include "remote/body.hpp"

namespace bitx::remote {
namespace {

/// Does the work and logs "<what>: <its outcome>, <time>". `work` returns what it achieved, for the log, with
/// its result.
template <typename Work>
auto logged(const LogLine& log, const std::string& what, const Work& work) {
    const auto begin = std::chrono::steady_clock::now();
    const auto tell = [&](const std::string& outcome) {
        const auto taken =
            std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
        log(what + ": " + outcome + ", " + std::to_string(taken.count()) + " ms");
    };
    try {
        auto [result, outcome] = work();
        tell(outcome);
        return std::move(result);
    } catch (const Error& error) {
        tell(error.what());
        throw;
    }
}

std::string range_text(ByteRange range) {
    if (range.length == UINT64_MAX) return range.offset == 0 ? "" : " " + std::to_string(range.offset) + "-";
    return " " + std::to_string(range.offset) + "+" + std::to_string(range.length);
}

}  // namespace

LoggingEngine::LoggingEngine(std::unique_ptr<Engine> inner, LogLine log)
    : inner_(std::move(inner)), log_(std::move(log)) {}

LoggingEngine::~LoggingEngine() {
    log_("store " + describe() + ": " + inner_.traffic().text());
}

std::optional<ObjectInfo> LoggingEngine::head(std::string_view key) {
    return logged(log_, "head " + std::string(key), [&] {
        auto info = inner_.head(key);
        const std::string outcome = info ? std::to_string(info->size) + " bytes" : "absent";
        return std::pair(std::move(info), outcome);
    });
}

ObjectInfo LoggingEngine::get(std::string_view key, ByteRange range, const Sink& sink,
                              std::string_view version) {
    return logged(log_, "get " + std::string(key) + range_text(range), [&] {
        std::uint64_t delivered = 0;
        auto info = inner_.get(
            key, range,
            [&](std::span<const std::byte> piece) {
                delivered += piece.size();
                sink(piece);
            },
            version);
        const std::string outcome = std::to_string(delivered) + " of " + std::to_string(info.size) + " bytes";
        return std::pair(std::move(info), outcome);
    });
}

PutResult LoggingEngine::put(std::string_view key, const Body& body, PutMode mode) {
    return logged(log_, "put " + std::string(key), [&] {
        const PutResult result = inner_.put(key, body, mode);
        const bool written = result == PutResult::written;
        return std::pair(result, written ? std::to_string(body_size(body)) + " bytes" : "exists");
    });
}

void LoggingEngine::list(std::string_view prefix,
                         const std::function<void(std::string_view key, std::uint64_t size)>& each) {
    logged(log_, "list " + std::string(prefix), [&] {
        std::uint64_t count = 0;
        inner_.list(prefix, [&](std::string_view key, std::uint64_t size) {
            ++count;
            each(key, size);
        });
        return std::pair(true, std::to_string(count) + " objects");
    });
}

void LoggingEngine::remove(std::string_view key) {
    logged(log_, "remove " + std::string(key), [&] {
        inner_.remove(key);
        return std::pair(true, std::string("done"));
    });
}

void LoggingEngine::check_writable() {
    logged(log_, "check whether it can be written", [&] {
        inner_.check_writable();
        return std::pair(true, std::string("nothing against it"));
    });
}

}  // namespace bitx::remote
