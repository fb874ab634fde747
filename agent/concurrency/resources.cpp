#include "agent/concurrency/resources.hpp"

#include <algorithm>

namespace bitx::agent {
namespace {

// Scratch memory of a coder and the windows that it works on.
constexpr std::uint64_t memory_a_coder = 6 * window_size;

unsigned coders_within(const Settings& settings) {
    const std::uint64_t fitting = settings.memory / 2 / memory_a_coder;
    return static_cast<unsigned>(std::clamp<std::uint64_t>(fitting, 1, settings.threads));
}

}  // namespace

Resources::Resources(const Settings& settings)
    : units_(settings.memory / 2),
      windows_(settings.memory / 8 * 3),
      coders_(coders_within(settings)),
      windows_ahead_(std::clamp<std::uint64_t>(settings.memory / 4 / window_size, 1,
                                               coders_within(settings) + settings.transfers)),
      pool_(coders_within(settings) + settings.transfers) {}

}  // namespace bitx::agent
