#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

#include "codec/frame/frame.hpp"

namespace bitx::agent {

/// By which means bytes of the user's files got where they are.
enum class Means {
    known,  ///< the store had them (push)
    delta,  ///< coded against a base
    solo,   ///< coded on their own
    raw,    ///< as they are
    local   ///< copied from a file of this machine (pull)
};
inline constexpr std::size_t means_count = 5;

constexpr std::string_view name(Means means) {
    constexpr std::array<std::string_view, means_count> names = {"known", "delta", "solo", "raw", "local"};
    return names[static_cast<std::size_t>(means)];
}

constexpr Means means_of(codec::Method method) {
    if (uses_base(method)) return Means::delta;
    return method == codec::Method::raw ? Means::raw : Means::solo;
}

/// Sums bytes by means. May be used from several threads.
class ByteMeans {
  public:
    struct Sum {
        std::uint64_t raw = 0;     ///< bytes of the user's files
        std::uint64_t stored = 0;  ///< what they took in the store
    };

    void add(Means means, std::uint64_t raw, std::uint64_t stored = 0) {
        raw_[static_cast<std::size_t>(means)] += raw;
        stored_[static_cast<std::size_t>(means)] += stored;
    }
    Sum sum(Means means) const {
        return {raw_[static_cast<std::size_t>(means)], stored_[static_cast<std::size_t>(means)]};
    }

  private:
    std::array<std::atomic<std::uint64_t>, means_count> raw_{};
    std::array<std::atomic<std::uint64_t>, means_count> stored_{};
};

}  // namespace bitx::agent
