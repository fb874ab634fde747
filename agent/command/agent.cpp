#include <future>
#include <iostream>
#include <optional>
#include <stop_token>

#include "agent/command/command.hpp"
#include "agent/error.hpp"
#include "agent/message.hpp"
#include "agent/protocol.hpp"
#include "agent/pull/partial_file.hpp"
#include "agent/pull/pull.hpp"
#include "agent/pull/read_ahead.hpp"
#include "agent/push/bases.hpp"
#include "agent/push/push.hpp"
#include "agent/session.hpp"
#include "agent/signals.hpp"
#include "agent/transfer_summary.hpp"

namespace bitx::agent {
namespace {

// A single file of HEAD may be all that is wanted, unless this is a clone, which has no index yet.
constexpr std::size_t one_more_is_a_sign = 2;

class StoreTransfers : public Transfers {
  public:
    StoreTransfers(Operation operation, const std::string& remote, SignalWatch& signals)
        : signals_(signals),
          at_signal_(signals.stop_token(), StopRequest{end_}),
          // git-lfs shows our stderr where GIT_TRACE=1 asks for it, and keeps that variable from us.
          session_(operation, remote, log_to_stderr(), end_.get_token()),
          directory_(session_.repository.bitx_dir() / "partial"),
          local_(session_.repository, *session_.store, session_.settings) {
        summary_.operation = operation == Operation::upload ? "push" : "pull";
        remove_stale_files(directory_);
        if (operation == Operation::upload)
            begin_pushes();
        else
            begin_pulls();
    }

    ~StoreTransfers() override { end_.request_stop(); }

    void upload(const std::string& oid, std::uint64_t size, const std::filesystem::path& path,
                const Progress& progress) override {
        const auto working = signals_.work();
        const PushedFile file{codec::Digest::from_hex(oid), size, path};
        push_->push(
            file,
            [&] {
                FileBases bases = bases_->of(file.oid);
                writable_.get();
                return bases;
            },
            progress);
        summarize(size, push_->resources());
    }

    std::filesystem::path download(const std::string& oid, std::uint64_t size,
                                   const Progress& progress) override {
        const auto working = signals_.work();
        std::filesystem::path path = read_ahead_->pull(oid, size, progress);
        summarize(size, pull_->resources());
        return path;
    }

  private:
    // What the first file will nearly always need is asked for together with its recipe.
    void begin_pushes() {
        push_.emplace(*session_.store, session_.settings, directory_, end_.get_token(), &local_);
        bases_.emplace(session_.repository, *session_.store, push_->resources().pool(), &local_);
        bases_->read_ahead();
        writable_ =
            std::async(std::launch::async, [this] { session_.store->engine().check_writable(); }).share();
    }

    void begin_pulls() {
        const std::filesystem::path cache = user_cache_directory();
        // A folder's blobs are at hand already.
        if (!cache.empty() && session_.settings.cache_size > 0 &&
            !session_.store->describe().starts_with("file:"))
            session_.store->use_cache(std::make_unique<BlobCache>(cache / "blobs" / session_.store->id(),
                                                                  session_.settings.cache_size));
        pull_.emplace(*session_.store, session_.settings, end_.get_token(), &local_);
        read_ahead_.emplace(
            *pull_, directory_, session_.repository.modes(),
            [this] { return missing_lfs_files(session_.repository); },
            session_.repository.has_index() ? one_more_is_a_sign : 1, signals_, end_);
    }

    void summarize(std::uint64_t size, Resources& resources) {
        summary_.add(size, resources, session_.meter->traffic().requests());
        summary_.write(session_.repository.bitx_dir());
        note(summary_.line());
    }

    struct StopRequest {
        std::stop_source& source;
        void operator()() const { source.request_stop(); }
    };

    SignalWatch& signals_;
    std::stop_source end_;  ///< a signal, or the end of the conversation
    std::stop_callback<StopRequest> at_signal_;
    Session session_;
    std::filesystem::path directory_;
    LocalSources local_;
    TransferSummary summary_;
    std::optional<Push> push_;
    std::optional<Bases> bases_;
    std::shared_future<void> writable_;
    std::optional<Pull> pull_;
    std::optional<ReadAhead> read_ahead_;
};

}  // namespace

void add_agent(CLI::App& app) {
    CLI::App* command = app.add_subcommand("agent", "what git-lfs starts; not to be run by hand");
    command->callback([] {
        SignalWatch signals;
        const int status =
            run_protocol(std::cin, std::cout, [&](Operation operation, const std::string& remote) {
                return std::make_unique<StoreTransfers>(operation, remote, signals);
            });
        if (status != 0) throw Error("the conversation with git-lfs broke off");
    });
}

}  // namespace bitx::agent
