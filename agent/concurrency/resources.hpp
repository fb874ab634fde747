#pragma once

#include <cstddef>
#include <cstdint>

#include "agent/base_bytes.hpp"
#include "agent/byte_means.hpp"
#include "agent/concurrency/busy_clock.hpp"
#include "agent/concurrency/byte_budget.hpp"
#include "agent/concurrency/lease.hpp"
#include "agent/concurrency/stage_clock.hpp"
#include "agent/concurrency/thread_pool.hpp"
#include "agent/settings.hpp"
#include "codec/frame/frame.hpp"

namespace bitx::agent {

/// Raw bytes that are fetched, coded and decoded at a time.
inline constexpr std::size_t window_size = 4 * codec::frame_size;

/// What the tasks of a transfer share, and what bounds them. Threads are cheap: there are enough of them for
/// bitx.threads to compute while bitx.transfers wait for the store. Who computes holds a coder, and never
/// while it waits for the store, so that no core is idle for a request; what is held in memory is a share of
/// a budget. May be used from several threads.
class Resources {
  public:
    explicit Resources(const Settings& settings);

    ThreadPool& pool() { return pool_; }
    /// Raw and coded bytes of what is stored.
    ByteBudget& unit_memory() { return units_; }
    StageClock& clock() { return clock_; }
    /// Runs while a file is pushed or pulled.
    BusyClock& busy_clock() { return busy_clock_; }
    ByteMeans& means() { return means_; }
    BaseBytes& base_bytes() { return base_bytes_; }

    LeasePool<codec::FrameCoder>::Lease coder() {
        const auto waiting = clock_.span(Stage::await_coder);
        return coders_.lend();
    }
    /// For windows that are read or coded; who holds one must not ask for another.
    ByteBudget::Share window_memory(std::uint64_t bytes) {
        const auto waiting = clock_.span(Stage::await_memory);
        return {windows_, bytes};
    }

    /// Windows of one blob that may be coded and not yet have their turn to be written down.
    std::size_t windows_ahead() const { return windows_ahead_; }

  private:
    StageClock clock_;
    BusyClock busy_clock_;
    ByteMeans means_;
    BaseBytes base_bytes_;
    ByteBudget units_;
    ByteBudget windows_;
    LeasePool<codec::FrameCoder> coders_;
    std::size_t windows_ahead_;
    ThreadPool pool_;  ///< last: its threads end before what they use
};

}  // namespace bitx::agent
