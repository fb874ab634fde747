#include "agent/protocol.hpp"

#include <chrono>
#include <iostream>
#include <mutex>

#include <nlohmann/json.hpp>

#include "agent/error.hpp"
#include "agent/message.hpp"

namespace bitx::agent {
namespace {

using nlohmann::json;

void send(std::ostream& out, const json& message) {
    // A message may quote bytes that are not UTF-8.
    out << message.dump(-1, ' ', false, json::error_handler_t::replace) << '\n' << std::flush;
}

json error_of(const std::exception& error) {
    return {{"code", 1}, {"message", std::string("git-bitx: ") + error.what()}};
}

// Progress messages of one object: one at once, since git-lfs starts its other workers then, then a few a
// second.
class ProgressMessages {
  public:
    ProgressMessages(std::ostream& out, std::string oid, std::uint64_t size)
        : out_(out), oid_(std::move(oid)), size_(size) {
        if (size_ > 0) advance_to(1);
    }

    void operator()(std::uint64_t bytes) {
        const std::lock_guard lock(mutex_);
        const auto now = Clock::now();
        if (bytes <= sent_ || bytes > size_ || now - last_ < std::chrono::milliseconds(100)) return;
        last_ = now;
        advance_to(bytes);
    }

    void finish() {
        const std::lock_guard lock(mutex_);
        if (sent_ < size_) advance_to(size_);
    }

  private:
    using Clock = std::chrono::steady_clock;

    void advance_to(std::uint64_t bytes) {
        send(
            out_,
            {{"event", "progress"}, {"oid", oid_}, {"bytesSoFar", bytes}, {"bytesSinceLast", bytes - sent_}});
        sent_ = bytes;
    }

    std::ostream& out_;
    std::string oid_;
    std::uint64_t size_;
    std::mutex mutex_;
    std::uint64_t sent_ = 0;
    Clock::time_point last_{};
};

void transfer(Transfers& transfers, const json& request, std::ostream& out) {
    const std::string oid = request.at("oid");
    json answer = {{"event", "complete"}, {"oid", oid}};
    try {
        const std::uint64_t size = request.at("size");
        ProgressMessages messages(out, oid, size);
        const Progress progress = [&](std::uint64_t bytes) { messages(bytes); };
        if (request.at("event") == "upload")
            transfers.upload(oid, size, request.at("path").get<std::string>(), progress);
        else
            answer["path"] = transfers.download(oid, size, progress).string();
        messages.finish();
    } catch (const std::exception& error) {
        answer["error"] = error_of(error);
    }
    send(out, answer);
}

}  // namespace

int run_protocol(std::istream& in, std::ostream& out, const BeginTransfers& begin) {
    std::unique_ptr<Transfers> transfers;
    for (std::string line; out && std::getline(in, line);) {
        try {
            const json request = json::parse(line);
            const std::string event = request.at("event");
            if (event == "terminate") return 0;
            if (event == "init") {
                const auto operation =
                    request.at("operation") == "upload" ? Operation::upload : Operation::download;
                try {
                    transfers = begin(operation, request.value("remote", ""));
                    send(out, json::object());
                } catch (const std::exception& error) {
                    send(out, {{"error", error_of(error)}});
                }
            } else if ((event == "upload" || event == "download") && transfers) {
                transfer(*transfers, request, out);
            } else {
                throw Error("the event '" + event + "' is not expected here");
            }
        } catch (const json::exception& error) {
            note("this line is not of git-lfs's protocol: " + line.substr(0, 200) + " (" + error.what() +
                 ")");
            return 1;
        } catch (const Error& error) {
            note(error.what());
            return 1;
        }
    }
    return out ? 0 : 1;
}

}  // namespace bitx::agent
