#pragma once

#include <functional>
#include <memory>
#include <string>

#include "remote/decorator/metering.hpp"

namespace bitx::remote {

/// Takes one line, without line break. Called from several threads at once.
using LogLine = std::function<void(const std::string& line)>;

/// Tells of each verb what became of it and how long it took, and at its end what all of them were. Below a
/// RetryEngine it tells each attempt. No line holds a secret.
class LoggingEngine final : public Engine {
  public:
    LoggingEngine(std::unique_ptr<Engine> inner, LogLine log);
    ~LoggingEngine() override;

    std::optional<ObjectInfo> head(std::string_view key) override;
    ObjectInfo get(std::string_view key, ByteRange range, const Sink& sink,
                   std::string_view version = {}) override;
    PutResult put(std::string_view key, const Body& body, PutMode mode = PutMode::replace) override;
    void list(std::string_view prefix,
              const std::function<void(std::string_view key, std::uint64_t size)>& each) override;
    void remove(std::string_view key) override;
    void settle(std::string_view key) override { inner_.settle(key); }
    void check_writable() override;
    std::string describe() const override { return inner_.describe(); }

  private:
    MeteringEngine inner_;
    LogLine log_;
};

}  // namespace bitx::remote
