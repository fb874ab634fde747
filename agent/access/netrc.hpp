#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "remote/credential.hpp"

namespace bitx::agent {

/// What a .netrc file (its text) has for exactly this host, and for this user unless that is empty. Its
/// "default" entry is never used: a store's URL may come from strangers. Macros are skipped. Source: ftp(1),
/// THE .netrc FILE; quotes as curl reads them.
std::optional<remote::Credential> find_in_netrc(std::string_view text, std::string_view host,
                                                std::string_view user);

/// Credentials of the user's .netrc (NETRC, else ~/.netrc) and, where it has none or they were refused, of
/// another source.
class NetrcCredential final : public remote::CredentialSource {
  public:
    explicit NetrcCredential(std::shared_ptr<remote::CredentialSource> next) : next_(std::move(next)) {}

    std::optional<remote::Credential> fill(const remote::CredentialRequest& request) override;
    void approve(const remote::CredentialRequest& request, const remote::Credential& credential) override;
    void reject(const remote::CredentialRequest& request, const remote::Credential& credential) override;

  private:
    std::shared_ptr<remote::CredentialSource> next_;
    bool from_netrc_ = false;  ///< the last answer was
    bool refused_ = false;     ///< what the file has
};

}  // namespace bitx::agent
