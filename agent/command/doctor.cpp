#include <atomic>
#include <iostream>
#include <memory>
#include <mutex>

#include <nlohmann/json.hpp>

#include "agent/access/diagnosis.hpp"
#include "agent/access/open_engine.hpp"
#include "agent/command/command.hpp"
#include "agent/error.hpp"
#include "agent/git/lfs_url.hpp"
#include "agent/git/process.hpp"
#include "agent/setup/hook.hpp"
#include "agent/setup/registration.hpp"
#include "remote/http/date.hpp"

namespace bitx::agent {
namespace {

using nlohmann::json;

constexpr const char* doctor_manual = R"(
Checks what a push and a clone need, and says what to do about what fails:

    git-lfs       is installed, and starts git-bitx for stores
    hook          this repository's pre-push hook has the line of git-bitx
    store         is reached with these credentials, and holds a store
    write         objects are taken; a mirror is only read
    ranges        parts of objects are sent
    versions      an object that was replaced is known as another one
    create only   what exists is not overwritten by a write that only creates
    list          objects are listed
    remove        objects are removed
    clock         this machine's clock agrees with the server's
    credentials   for which user, and whether the server took them

The store is that of this repository, or URL. Where it can be written to, a
scratch object is made below gc/ and removed again.

Exit status 1 where a check failed; a note is no failure.)";

struct DoctorOptions {
    std::string url;
    bool as_json = false;
};

constexpr std::chrono::seconds patience{3};  // with what is unavailable: somebody waits for the answer

/// Credentials of another source, remembering what became of them.
class WatchedCredentials final : public remote::CredentialSource {
  public:
    explicit WatchedCredentials(std::shared_ptr<remote::CredentialSource> inner) : inner_(std::move(inner)) {}

    std::optional<remote::Credential> fill(const remote::CredentialRequest& request) override {
        auto credential = inner_->fill(request);
        const std::string place = request.protocol + "://" + request.host;
        if (!credential) {
            finding_ = {"credentials", Health::note, "none are known for " + place};
        } else {
            finding_ = {"credentials", Health::fault,
                        "user " + credential->user + " was not accepted by " + place};
        }
        return credential;
    }
    void approve(const remote::CredentialRequest& request, const remote::Credential& credential) override {
        inner_->approve(request, credential);
        finding_ = {"credentials", Health::good,
                    "user " + credential.user + " for " + request.protocol + "://" + request.host};
    }
    void reject(const remote::CredentialRequest& request, const remote::Credential& credential) override {
        inner_->reject(request, credential);
    }

    const std::optional<Finding>& finding() const { return finding_; }

  private:
    std::shared_ptr<remote::CredentialSource> inner_;
    std::optional<Finding> finding_;
};

/// What the responses of a server tell beside their bodies.
class ResponseWatch {
  public:
    void see(const remote::HttpResponse& head) {
        if (head.status == 206) sent_parts_ = true;
        if (const auto date = remote::parse_http_date(head.header("date"))) {
            const std::lock_guard lock(mutex_);
            clock_offset_ = *date - std::time(nullptr);
        }
    }
    bool sent_parts() const { return sent_parts_; }
    std::optional<std::time_t> clock_offset() const {
        const std::lock_guard lock(mutex_);
        return clock_offset_;
    }

  private:
    std::atomic<bool> sent_parts_ = false;
    mutable std::mutex mutex_;
    std::optional<std::time_t> clock_offset_;
};

std::vector<Finding> check_store(const std::string& text, const std::filesystem::path& directory) {
    std::vector<Finding> findings;
    try {
        const remote::StoreUrl url = remote::parse_store_url(text);
        remote::OpenOptions options;
        StoreWatch watch;
        ResponseWatch responses;
        std::shared_ptr<WatchedCredentials> credentials;
        if (url.scheme != remote::StoreUrl::Scheme::file) {
            options = read_open_options(url, directory);
            options.retry.total = std::min<std::chrono::milliseconds>(options.retry.total, patience);
            options.transport.observe = [&](const remote::HttpResponse& head) { responses.see(head); };
            if (options.credentials) {
                credentials = std::make_shared<WatchedCredentials>(options.credentials);
                options.credentials = credentials;
            }
            watch = {[&] { return responses.clock_offset(); }, [&] { return responses.sent_parts(); }};
        }
        const auto engine = remote::open_engine(url, options);
        findings = diagnose_store(*engine, watch);
        if (credentials && credentials->finding()) findings.push_back(*credentials->finding());
    } catch (const std::exception& error) {
        findings.push_back({"store", Health::fault, error.what()});
    }
    return findings;
}

Finding check_git_lfs() {
    const ProcessResult lfs = run_process({"git", "lfs", "version"});
    if (lfs.status != 0) {
        return {"git-lfs", Health::fault,
                "git-lfs is not installed: install it, then run 'git lfs install' and 'git bitx install'"};
    }
    if (const auto fault = registration_fault(GitConfig::read())) return {"git-lfs", Health::fault, *fault};
    return {"git-lfs", Health::good, lfs.output.substr(0, lfs.output.find('\n')) + ", starts git-bitx"};
}

Finding check_hook(const Repository& repository) {
    if (has_hook_line(repository)) return {"hook", Health::good, "the pre-push hook has its line"};
    return {
        "hook", Health::note,
        "the pre-push hook lacks the line of git-bitx: nothing is published, and a push is not stopped that "
        "no clone could use; run 'git bitx init' with this store's URL again"};
}

std::vector<Finding> check_all(const DoctorOptions& options) {
    std::vector<Finding> findings{check_git_lfs()};
    std::optional<Repository> repository;
    try {
        repository = Repository::open();
    } catch (const std::exception&) {
        if (options.url.empty())
            throw UsageError(
                "this is no repository: name the store, as in 'git bitx doctor s3://bucket/prefix'");
    }
    if (repository) findings.push_back(check_hook(*repository));
    const std::string url = !options.url.empty() ? options.url : store_url(*repository, Operation::upload);
    const auto directory = repository ? repository->directory() : std::filesystem::current_path();
    for (Finding& finding : check_store(url, directory)) findings.push_back(std::move(finding));
    return findings;
}

const char* word_for(Health health) {
    switch (health) {
        case Health::good:
            return "ok";
        case Health::note:
            return "note";
        case Health::fault:
            break;
    }
    return "FAULT";
}

void doctor(const DoctorOptions& options) {
    std::size_t faults = 0;
    json all = json::array();
    for (const Finding& finding : check_all(options)) {
        if (finding.health == Health::fault) ++faults;
        if (options.as_json) {
            all.push_back({{"check", finding.check},
                           {"health", finding.health == Health::fault ? "fault" : word_for(finding.health)},
                           {"detail", finding.detail}});
        } else {
            const std::string word = word_for(finding.health);
            std::cout << word << std::string(7 - word.size(), ' ') << finding.check << ": " << finding.detail
                      << '\n';
        }
    }
    if (options.as_json) std::cout << all.dump(2, ' ', false, json::error_handler_t::replace) << '\n';
    if (faults > 0) throw Error(std::to_string(faults) + (faults == 1 ? " check" : " checks") + " failed");
}

}  // namespace

void add_doctor(CLI::App& app) {
    const auto options = std::make_shared<DoctorOptions>();
    CLI::App* command = app.add_subcommand("doctor", "Check the installation and the store");
    command->add_option("url", options->url, "A store's URL; that of this repository where not given");
    command->add_flag("--json", options->as_json, "Print JSON");
    command->footer(doctor_manual);
    command->callback([options] { doctor(*options); });
}

}  // namespace bitx::agent
