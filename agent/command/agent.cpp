#include <chrono>
#include <future>
#include <iostream>
#include <optional>

#include "agent/command/command.hpp"
#include "agent/error.hpp"
#include "agent/protocol.hpp"
#include "agent/pull/partial_file.hpp"
#include "agent/pull/pull.hpp"
#include "agent/push/bases.hpp"
#include "agent/push/push.hpp"
#include "agent/session.hpp"
#include "agent/signals.hpp"
#include "agent/transfer_summary.hpp"

namespace bitx::agent {
namespace {

class StoreTransfers : public Transfers {
  public:
    StoreTransfers(Operation operation, const std::string& remote, SignalWatch& signals)
        : signals_(signals),
          // git-lfs shows our stderr where GIT_TRACE=1 asks for it, and keeps that variable from us.
          session_(operation, remote, log_to_stderr()),
          directory_(session_.repository.bitx_dir() / "partial"),
          modes_(session_.repository.modes()),
          local_(session_.repository, *session_.store, session_.settings),
          bases_(session_.repository, *session_.store) {
        summary_.operation = operation == Operation::upload ? "push" : "pull";
        remove_stale_files(directory_);
        if (operation == Operation::upload)
            push_.emplace(*session_.store, session_.settings, directory_, signals.stop_token(), &local_);
        else
            begin_pulls();
    }

    void upload(const std::string& oid, std::uint64_t size, const std::filesystem::path& path,
                const Progress& progress) override {
        const auto working = signals_.work();
        const auto begin = std::chrono::steady_clock::now();
        const PushedFile file{codec::Digest::from_hex(oid), size, path};
        push_->push(
            file,
            [&] {
                auto writable =
                    std::async(std::launch::async, [&] { session_.store->engine().check_writable(); });
                FileBases bases = bases_.of(file.oid);
                writable.get();
                return bases;
            },
            progress);
        summarize(size, std::chrono::steady_clock::now() - begin, push_->resources());
    }

    std::filesystem::path download(const std::string& oid, std::uint64_t size,
                                   const Progress& progress) override {
        const auto working = signals_.work();
        const auto begin = std::chrono::steady_clock::now();
        std::filesystem::path path =
            pull_->pull(codec::Digest::from_hex(oid), size, directory_, modes_, progress);
        summarize(size, std::chrono::steady_clock::now() - begin, pull_->resources());
        return path;
    }

  private:
    void begin_pulls() {
        const std::filesystem::path cache = user_cache_directory();
        // A folder's blobs are at hand already.
        if (!cache.empty() && session_.settings.cache_size > 0 &&
            !session_.store->describe().starts_with("file:"))
            session_.store->use_cache(std::make_unique<BlobCache>(cache / "blobs" / session_.store->id(),
                                                                  session_.settings.cache_size));
        pull_.emplace(*session_.store, session_.settings, signals_.stop_token(), &local_);
    }

    void summarize(std::uint64_t size, std::chrono::duration<double> took, Resources& resources) {
        summary_.add(size, took, resources);
        summary_.write(session_.repository.bitx_dir());
        std::clog << "git-bitx: " << summary_.line() << '\n';
    }

    SignalWatch& signals_;
    Session session_;
    std::filesystem::path directory_;
    FileModes modes_;
    LocalSources local_;
    Bases bases_;
    TransferSummary summary_;
    std::optional<Push> push_;
    std::optional<Pull> pull_;
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
