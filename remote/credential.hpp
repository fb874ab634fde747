#pragma once

#include <optional>
#include <string>

namespace bitx::remote {

/// For what credentials are asked, in the words of git-credential(1).
struct CredentialRequest {
    std::string protocol;  ///< "https"
    std::string host;      ///< with ":port" where the URL has one
    std::string path;      ///< of the store, without '/' at either end; for S3 the bucket
    std::string user;      ///< empty: any
};

/// User and password; for S3 key id and secret. Never printed.
struct Credential {
    std::string user;
    std::string secret;
    std::string session_token;  ///< S3's temporary credentials have one
};

/// Where an engine gets credentials from: the user's git, a test. Asked for the host that the request names
/// and for no other. Engines call it from any thread, one call at a time.
class CredentialSource {
  public:
    virtual ~CredentialSource() = default;

    /// May ask the user; nothing where there are none.
    virtual std::optional<Credential> fill(const CredentialRequest& request) = 0;
    /// The server accepted them.
    virtual void approve(const CredentialRequest&, const Credential&) {}
    /// The server refused them.
    virtual void reject(const CredentialRequest&, const Credential&) {}
};

}  // namespace bitx::remote
