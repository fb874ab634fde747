#include "remote/decorator/metering.hpp"

#include <cstdio>

#include "remote/body.hpp"

namespace bitx::remote {
namespace {

std::string bytes_text(std::uint64_t bytes) {
    constexpr const char* units[] = {"B", "kB", "MB", "GB", "TB"};
    auto value = static_cast<double>(bytes);
    std::size_t unit = 0;
    for (; value >= 1000 && unit + 1 < std::size(units); ++unit) value /= 1000;
    std::array<char, 32> text;
    std::snprintf(text.data(), text.size(), unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
    return text.data();
}

}  // namespace

std::uint64_t Traffic::requests() const {
    std::uint64_t sum = 0;
    for (const auto& count : by_verb) sum += count.requests;
    return sum;
}

std::string Traffic::text() const {
    constexpr const char* names[verb_count] = {"head", "get", "put", "list", "remove"};
    std::string line;
    for (std::size_t i = 0; i < verb_count; ++i) {
        if (by_verb[i].requests == 0) continue;
        if (!line.empty()) line += ", ";
        line += std::to_string(by_verb[i].requests) + " " + names[i];
        if (by_verb[i].bytes > 0) line += " " + bytes_text(by_verb[i].bytes);
    }
    return line.empty() ? "no requests" : line;
}

MeteringEngine::MeteringEngine(std::unique_ptr<Engine> inner) : inner_(std::move(inner)) {}

Traffic MeteringEngine::traffic() const {
    Traffic traffic;
    for (std::size_t i = 0; i < verb_count; ++i) {
        traffic.by_verb[i] = {counters_[i].requests, counters_[i].bytes};
    }
    return traffic;
}

std::optional<ObjectInfo> MeteringEngine::head(std::string_view key) {
    ++counter(Verb::head).requests;
    return inner_->head(key);
}

ObjectInfo MeteringEngine::get(std::string_view key, ByteRange range, const Sink& sink,
                               std::string_view version) {
    ++counter(Verb::get).requests;
    return inner_->get(
        key, range,
        [&](std::span<const std::byte> piece) {
            counter(Verb::get).bytes += piece.size();
            sink(piece);
        },
        version);
}

PutResult MeteringEngine::put(std::string_view key, const Body& body, PutMode mode) {
    ++counter(Verb::put).requests;
    const PutResult result = inner_->put(key, body, mode);
    if (result == PutResult::written) counter(Verb::put).bytes += body_size(body);
    return result;
}

void MeteringEngine::list(std::string_view prefix,
                          const std::function<void(std::string_view key, std::uint64_t size)>& each) {
    ++counter(Verb::list).requests;
    inner_->list(prefix, each);
}

void MeteringEngine::remove(std::string_view key) {
    ++counter(Verb::remove).requests;
    inner_->remove(key);
}

}  // namespace bitx::remote
