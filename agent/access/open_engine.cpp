#include "agent/access/open_engine.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <thread>

#include "agent/access/aws_profile.hpp"
#include "agent/access/git_credential.hpp"
#include "agent/access/netrc.hpp"
#include "agent/error.hpp"
#include "agent/git/config.hpp"
#include "agent/message.hpp"
#include "agent/version.hpp"

namespace bitx::agent {
namespace {

/// Settings for one URL, by their names in lower case.
class UrlConfig {
  public:
    UrlConfig(std::string_view section, const std::string& url, const std::filesystem::path& directory)
        : url_(url), settings_(read_url_config(section, url, directory)) {}

    std::string text(const std::string& name) const {
        const auto found = settings_.find(name);
        return found == settings_.end() ? std::string() : found->second;
    }
    std::optional<bool> boolean(const std::string& name) const {
        const std::string value = text(name);
        if (value.empty()) return std::nullopt;
        for (const char* yes : {"true", "yes", "on", "1"}) {
            if (value == yes) return true;
        }
        for (const char* no : {"false", "no", "off", "0"}) {
            if (value == no) return false;
        }
        throw Error("bitx." + url_ + "." + name + " is '" + value + "'; it should be true or false");
    }
    std::filesystem::path path(const std::string& name) const {
        const std::string value = text(name);
        const auto home = process_environment("HOME");
        return value.starts_with("~/") && home ? *home + value.substr(1) : value;
    }
    std::optional<std::chrono::seconds> seconds(const std::string& name) const {
        const std::string value = text(name);
        if (value.empty()) return std::nullopt;
        long count = 0;
        const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), count);
        if (error == std::errc() && end == value.data() + value.size() && count >= 0 && count <= 86'400) {
            return std::chrono::seconds(count);
        }
        throw Error("bitx." + url_ + "." + name + " is '" + value + "'; it should be seconds, up to 86400");
    }

  private:
    std::string url_;
    std::map<std::string, std::string> settings_;
};

/// S3's credentials: AWS's own first, read again when they were refused (temporary ones are renewed in the
/// file); where there are none, git's.
class AwsOrGitCredential final : public remote::CredentialSource {
  public:
    AwsOrGitCredential(std::string profile, std::filesystem::path directory)
        : profile_(std::move(profile)), git_(std::move(directory)) {}

    std::optional<remote::Credential> fill(const remote::CredentialRequest& request) override {
        const auto settings = read_aws_settings(profile_);
        from_git_ = !settings.credential;
        return from_git_ ? git_.fill(request) : settings.credential;
    }
    void approve(const remote::CredentialRequest& request, const remote::Credential& credential) override {
        if (from_git_) git_.approve(request, credential);
    }
    void reject(const remote::CredentialRequest& request, const remote::Credential& credential) override {
        if (from_git_) git_.reject(request, credential);
    }

  private:
    std::string profile_;
    GitCredential git_;
    bool from_git_ = false;
};

// Requests, and the waits between attempts, end soon after `stop` is requested.
void interrupt_by(const std::stop_token& stop, remote::OpenOptions& options) {
    options.transport.interrupt = [stop] {
        if (stop.stop_requested()) throw StoppedError("stopped");
    };
    options.retry.wait = [interrupt = options.transport.interrupt](std::chrono::milliseconds left) {
        constexpr std::chrono::milliseconds step{100};
        for (; left.count() > 0; left -= step) {
            interrupt();
            std::this_thread::sleep_for(std::min(left, step));
        }
    };
}

}  // namespace

remote::OpenOptions read_open_options(const remote::StoreUrl& url, const std::filesystem::path& directory) {
    const std::string text = url.redacted();
    const UrlConfig config("bitx", text, directory);
    remote::OpenOptions options;
    options.allow_http = config.boolean("allowhttp").value_or(false);
    options.transport.user_agent = "git-bitx/" + std::string(version());
    const bool is_s3 = url.scheme == remote::StoreUrl::Scheme::s3;
    const std::string profile = config.text("profile");
    if (is_s3) {
        const AwsSettings aws = read_aws_settings(profile);
        options.s3.endpoint.url = config.text("endpoint").empty() ? aws.endpoint : config.text("endpoint");
        options.s3.endpoint.region = config.text("region").empty() ? aws.region : config.text("region");
        options.s3.endpoint.path_style = config.boolean("pathstyle");
    }
    if (const auto limit = config.seconds("retryfor")) options.retry.total = *limit;
    options.transport.ca_file = config.path("cafile");
    if (options.transport.ca_file.empty()) {
        options.transport.ca_file = process_environment("GIT_SSL_CAINFO").value_or("");
    }
    if (options.transport.ca_file.empty()) {
        const std::string server = is_s3 ? options.s3.endpoint.url : text;
        if (!server.empty())
            options.transport.ca_file = UrlConfig("http", server, directory).path("sslcainfo");
    }
    if (!config.boolean("anonymous").value_or(false)) {
        if (is_s3) {
            options.credentials = std::make_shared<AwsOrGitCredential>(profile, directory);
        } else {
            options.credentials =
                std::make_shared<NetrcCredential>(std::make_shared<GitCredential>(directory));
        }
    }
    return options;
}

remote::LogLine log_to_stderr() {
    return [](const std::string& line) { note(line); };
}

remote::LogLine log_as_traced() {
    const std::string value = process_environment("GIT_TRACE").value_or("0");
    return value == "1" || value == "2" || value == "true" ? log_to_stderr() : nullptr;
}

std::unique_ptr<remote::Engine> open_engine(const std::string& url, const std::filesystem::path& directory,
                                            unsigned transfers, remote::LogLine log,
                                            const std::stop_token& stop) {
    const remote::StoreUrl parsed = remote::parse_store_url(url);
    remote::OpenOptions options;
    if (parsed.scheme != remote::StoreUrl::Scheme::file) options = read_open_options(parsed, directory);
    options.transfers = transfers;
    options.log = std::move(log);
    if (stop.stop_possible()) interrupt_by(stop, options);
    return remote::open_engine(parsed, options);
}

}  // namespace bitx::agent
