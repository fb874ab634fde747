#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "agent/git/file_modes.hpp"
#include "agent/git/repository.hpp"
#include "agent/pull/pull.hpp"
#include "agent/signals.hpp"

namespace bitx::agent {

/// Pulls files before git-lfs asks for them, since it asks for one at a time and hashes each answer before it
/// asks for the next. Begins when a file is asked for that is among the expected ones, never while a file is
/// built that git-lfs waits for, and stays at most two files ahead. One that fails fails for who asks for it,
/// nobody else.
class ReadAhead {
  public:
    /// What will be asked for, in that order; called once, by pull(). It may leave out what it likes.
    using Expected = std::function<std::vector<LfsFile>()>;

    /// Files are built in `directory`; ahead of others from the `from`th on that is asked for. `end` is what
    /// stops `pull`; it is requested when this is destroyed.
    ReadAhead(Pull& pull, std::filesystem::path directory, const FileModes& modes, Expected expected,
              std::size_t from, SignalWatch& signals, std::stop_source end);
    ReadAhead(const ReadAhead&) = delete;
    ReadAhead& operator=(const ReadAhead&) = delete;
    /// Removes what was not asked for. After a signal what can be gone on with stays: it may be asked for
    /// again.
    ~ReadAhead();

    /// The path of a whole file, which is the caller's: built already, under way, or built now. Throws what
    /// Pull::pull() throws. Not for several threads.
    std::filesystem::path pull(const std::string& oid, std::uint64_t size, const Progress& progress);

  private:
    /// A file that was not asked for when its pull began.
    struct Ahead {
        explicit Ahead(LfsFile begun) : file(std::move(begun)) {}

        LfsFile file;
        std::atomic<std::uint64_t> bytes = 0;
        bool ended = false;
        std::unique_ptr<PartialFile> built;
        std::exception_ptr error;
    };

    void expect_after(const std::string& oid);
    std::shared_ptr<Ahead> take(const std::string& oid);
    std::unique_ptr<PartialFile> wait(const std::shared_ptr<Ahead>& ahead, const Progress& progress);
    std::unique_ptr<PartialFile> build(const LfsFile& file, const Progress& progress);
    void run();
    void discard(Ahead& ahead);

    Pull& pull_;
    std::filesystem::path directory_;
    FileModes modes_;
    Expected expected_;
    std::size_t from_;
    SignalWatch& signals_;
    std::stop_source end_;
    std::set<std::string> asked_;  ///< oids

    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::deque<LfsFile> waiting_;                          ///< expected and not begun
    std::map<std::string, std::shared_ptr<Ahead>> ahead_;  ///< by oid, until they are asked for
    bool answering_ = false;                               ///< a file is built that git-lfs waits for
    std::jthread thread_;
};

/// The LFS objects that a checkout of HEAD, or a pull, will ask for: those of its tree that are not in
/// lfs/objects, in git-lfs's order (tq/transfer_queue.go: by hundreds, the largest first). Nothing where only
/// some of them may be wanted: a sparse checkout, lfs.fetchinclude, lfs.fetchexclude. `git checkout other`
/// asks for what is not in HEAD's tree.
std::vector<LfsFile> missing_lfs_files(Repository& repository);

}  // namespace bitx::agent
