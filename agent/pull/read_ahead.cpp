#include "agent/pull/read_ahead.hpp"

#include <algorithm>
#include <utility>

#include "agent/git/lfs_url.hpp"

namespace bitx::agent {
namespace {

constexpr std::size_t most_ahead = 2;
constexpr std::ptrdiff_t git_lfs_batch = 100;

}  // namespace

ReadAhead::ReadAhead(Pull& pull, std::filesystem::path directory, const FileModes& modes, Expected expected,
                     std::size_t from, SignalWatch& signals, std::stop_source end)
    : pull_(pull),
      directory_(std::move(directory)),
      modes_(modes),
      expected_(std::move(expected)),
      from_(from),
      signals_(signals),
      end_(std::move(end)) {}

ReadAhead::~ReadAhead() {
    end_.request_stop();
}

std::filesystem::path ReadAhead::pull(const std::string& oid, std::uint64_t size, const Progress& progress) {
    if (asked_.insert(oid).second && asked_.size() == from_) expect_after(oid);
    std::unique_ptr<PartialFile> built;
    if (const std::shared_ptr<Ahead> ahead = take(oid))
        built = wait(ahead, progress);
    else
        built = build({.path = {}, .oid = oid, .size = size}, progress);
    return built->complete();
}

void ReadAhead::expect_after(const std::string& oid) {
    std::vector<LfsFile> files = expected_();
    const auto asked = std::ranges::find(files, oid, &LfsFile::oid);
    if (asked == files.end()) return;
    std::rotate(files.begin(), asked, files.end());
    std::erase_if(files, [&](const LfsFile& file) { return asked_.contains(file.oid); });
    waiting_.assign(files.begin(), files.end());
    thread_ = std::jthread([this] { run(); });
}

// What was built ahead and failed before it was asked for is built again.
std::shared_ptr<ReadAhead::Ahead> ReadAhead::take(const std::string& oid) {
    const std::lock_guard lock(mutex_);
    std::erase_if(waiting_, [&](const LfsFile& file) { return file.oid == oid; });
    const auto found = ahead_.find(oid);
    if (found == ahead_.end()) return nullptr;
    const std::shared_ptr<Ahead> ahead = std::move(found->second);
    ahead_.erase(found);
    changed_.notify_all();
    return ahead->error ? nullptr : ahead;
}

std::unique_ptr<PartialFile> ReadAhead::wait(const std::shared_ptr<Ahead>& ahead, const Progress& progress) {
    constexpr std::chrono::milliseconds between_messages{100};
    std::unique_lock lock(mutex_);
    while (!changed_.wait_for(lock, between_messages, [&] { return ahead->ended; })) {
        lock.unlock();
        progress(ahead->bytes);
        lock.lock();
    }
    if (ahead->error) std::rethrow_exception(ahead->error);
    return std::move(ahead->built);
}

std::unique_ptr<PartialFile> ReadAhead::build(const LfsFile& file, const Progress& progress) {
    const auto answer = [this](bool begins) {
        const std::lock_guard lock(mutex_);
        answering_ = begins;
        changed_.notify_all();
    };
    answer(true);
    try {
        auto built = pull_.pull(codec::Digest::from_hex(file.oid), file.size, directory_, modes_, progress);
        answer(false);
        return built;
    } catch (...) {
        answer(false);
        throw;
    }
}

void ReadAhead::run() {
    const auto working = signals_.work();
    const std::stop_token end = end_.get_token();
    std::unique_lock lock(mutex_);
    const auto may_begin = [&] { return !answering_ && !waiting_.empty() && ahead_.size() < most_ahead; };
    while (changed_.wait(lock, end, may_begin) && !end.stop_requested()) {
        const auto ahead = std::make_shared<Ahead>(std::move(waiting_.front()));
        waiting_.pop_front();
        ahead_.emplace(ahead->file.oid, ahead);
        lock.unlock();
        std::unique_ptr<PartialFile> built;
        std::exception_ptr error;
        try {
            built = pull_.pull(codec::Digest::from_hex(ahead->file.oid), ahead->file.size, directory_, modes_,
                               [&](std::uint64_t bytes) { ahead->bytes = bytes; });
        } catch (...) {
            error = std::current_exception();
        }
        lock.lock();
        ahead->built = std::move(built);
        ahead->error = error;
        ahead->ended = true;
        changed_.notify_all();
    }
    if (signals_.stop_token().stop_requested()) return ahead_.clear();
    for (const auto& [oid, ahead] : ahead_) discard(*ahead);
}

// Also what was cut off, and what an earlier process had of it.
void ReadAhead::discard(Ahead& ahead) {
    try {
        if (!ahead.built)
            ahead.built = std::make_unique<PartialFile>(directory_, ahead.file.oid, ahead.file.size, modes_);
        ahead.built->discard();
        ahead.built.reset();
    } catch (const std::exception&) {  // it stays for remove_stale_files()
    }
}

std::vector<LfsFile> missing_lfs_files(Repository& repository) {
    const GitConfig config = lfs_config(repository);
    const auto set = [&](const char* key) { return !config.get(key).value_or("").empty(); };
    const auto head = repository.resolve("HEAD");
    if (!head || set("lfs.fetchinclude") || set("lfs.fetchexclude") ||
        config.get_bool("core.sparsecheckout").value_or(false))
        return {};
    std::vector<LfsFile> files = repository.lfs_files(*head, false);
    std::set<std::string> seen;
    std::erase_if(files, [&](const LfsFile& file) {
        std::error_code unreadable;
        return file.size == 0 || !seen.insert(file.oid).second ||
               std::filesystem::exists(repository.lfs_object(file.oid), unreadable);
    });
    for (auto batch = files.begin(); batch != files.end();) {
        const auto end = batch + std::min(git_lfs_batch, files.end() - batch);
        std::ranges::stable_sort(batch, end, std::ranges::greater(), &LfsFile::size);
        batch = end;
    }
    return files;
}

}  // namespace bitx::agent
