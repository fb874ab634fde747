#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>

#include "agent/concurrency/resources.hpp"
#include "agent/file.hpp"
#include "agent/push/blob_encoder.hpp"
#include "agent/push/layout.hpp"
#include "codec/hash.hpp"

namespace bitx::agent {

/// A unit of a file that was read.
struct LoadedUnit {
    LoadedUnit(ByteBudget& budget, std::uint64_t held) : share(budget, held) {}

    ByteBudget::Share share;
    std::size_t index = 0;  ///< in the file
    Unit plan;
    bool streamed = false;  ///< too large for memory: only hashed, to be read again
    codec::Buffer memory;   ///< empty for a streamed unit
    UnitBytes bytes;
    codec::Sha256 hash;  ///< of a streamed unit
    std::atomic<std::uint64_t> coded = 0;

    /// Of `bytes` more that were coded, those that were not coded before, against another base.
    std::uint64_t count_coded(std::uint64_t more) {
        const std::uint64_t before = coded.fetch_add(more);
        return std::min(before + more, plan.length) - std::min(before, plan.length);
    }
};

/// Reads a file once, front to back, hashes it, and delivers each unit when its last byte is there. An opaque
/// file's units are found on the way. Waits where the units that are held would take more than the memory of
/// `resources`. For one thread.
class UnitReader {
  public:
    /// `memory` is bitx.memory. All that is referred to must outlive the units.
    UnitReader(const File& input, const FileLayout& layout, Resources& resources, std::uint64_t memory,
               std::stop_token stop)
        : input_(input),
          layout_(layout),
          resources_(resources),
          memory_(memory),
          stop_(std::move(stop)),
          clock_(resources.clock()) {}

    using Take = std::function<void(std::shared_ptr<LoadedUnit>)>;
    /// Calls `take` with each unit. Stops early where `given_up` says so. Throws Error where the file cannot
    /// be read, StoppedError on request.
    void read(const Take& take, const std::function<bool()>& given_up);

    /// The SHA-256 of what was read.
    codec::Digest finish() { return hash_.finish(); }

  private:
    void read_units(const Take& take, const std::function<bool()>& given_up);
    void read_chunks(const Take& take, const std::function<bool()>& given_up);
    void read_input(std::uint64_t offset, codec::MutableByteView out);
    std::shared_ptr<LoadedUnit> load(std::uint64_t held);
    std::shared_ptr<LoadedUnit> begin_unit(std::size_t index);
    void load_part(LoadedUnit& unit, const Part& part);
    void advance(codec::ByteView bytes);

    const File& input_;
    const FileLayout& layout_;
    Resources& resources_;
    std::uint64_t memory_;
    std::stop_token stop_;
    StageClock& clock_;
    codec::Sha256 hash_;
    std::uint64_t position_ = 0;
};

}  // namespace bitx::agent
