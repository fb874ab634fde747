#pragma once

#include <filesystem>

#include "remote/credential.hpp"

namespace bitx::agent {

/// Credentials from the user's git: `git credential fill`, and what came of them told back by `approve` and
/// `reject`. Helpers, GIT_ASKPASS and the terminal take part as they do for git itself. No secret is in an
/// argument or a message.
class GitCredential final : public remote::CredentialSource {
  public:
    /// `directory` is where git runs: the repository, for its own config.
    explicit GitCredential(std::filesystem::path directory) : directory_(std::move(directory)) {}

    std::optional<remote::Credential> fill(const remote::CredentialRequest& request) override;
    void approve(const remote::CredentialRequest& request, const remote::Credential& credential) override;
    void reject(const remote::CredentialRequest& request, const remote::Credential& credential) override;

  private:
    std::filesystem::path directory_;
};

}  // namespace bitx::agent
