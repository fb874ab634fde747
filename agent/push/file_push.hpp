#pragma once

#include <atomic>
#include <mutex>
#include <optional>

#include "agent/push/blob_encoder.hpp"
#include "agent/push/push.hpp"
#include "agent/push/unit_reader.hpp"

namespace bitx::agent {

/// The push of one file that the store does not have: reads it once, front to back, hands each unit that is
/// complete to the pool, and writes the recipe when all are stored.
class FilePush {
  public:
    FilePush(Push& push, const PushedFile& file, const FileBases& bases, const Progress& progress);

    FileReport run();

  private:
    void submit(TaskGroup& tasks, std::shared_ptr<LoadedUnit> unit);

    void store_unit(LoadedUnit& unit);
    codec::BlobKey store_blob(LoadedUnit& unit, const codec::Digest& sha256, UnitReport& report);
    void open_bases(const std::vector<codec::Member>& members);
    std::vector<codec::Member> members_of(const LoadedUnit& unit, std::vector<std::string>& sources);
    std::optional<BaseCandidate> choose_base(const LoadedUnit& unit, const Part& part,
                                             const codec::Member& member);
    std::optional<codec::BlobRange> within_depth(codec::BlobRange range);
    bool drop_costly_bases(const codec::BlobHeader& header, std::vector<codec::Member>& members);

    void count_means(const codec::BlobHeader& header);

    codec::Recipe make_recipe() const;
    void settle();
    void count_done(std::uint64_t halves);

    Push& push_;
    const PushedFile& file_;
    const FileBases& bases_;
    const Progress& progress_;
    StageClock& clock_;
    File input_;
    std::string input_version_;
    FileLayout layout_;
    BlobEncoder encoder_;
    std::atomic<std::uint64_t> done_halves_ = 0;

    std::mutex mutex_;
    std::vector<UnitReport> reports_;     ///< by unit
    std::vector<codec::Bytes> literals_;  ///< by unit, those that the recipe holds itself
};

}  // namespace bitx::agent
