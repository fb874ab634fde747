#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "remote/credential.hpp"

namespace bitx::remote {

/// The Authorization header for one server: none until the server asks for it, then Basic or Bearer,
/// whichever it names, with what the source gives. Told what came of it, it approves or rejects at the
/// source. Thread-safe; threads that are refused at once ask the source once.
class HttpAuthorization {
  public:
    /// `source` may be null; it must outlive this. A `fixed` credential, from the URL, is used before it.
    HttpAuthorization(CredentialRequest request, CredentialSource* source, std::optional<Credential> fixed);

    /// The header's value; empty: none known.
    std::string value() const;

    /// The server answered 401 with `challenge` (its WWW-Authenticate) to a request with `used`. Tells
    /// whether there is another value to try.
    bool refused(std::string_view challenge, const std::string& used);

    /// The server accepted `used`.
    void accepted(const std::string& used);

  private:
    CredentialRequest request_;
    CredentialSource* source_;
    std::optional<Credential> fixed_;
    mutable std::mutex mutex_;
    std::optional<Credential> filled_;
    std::string value_;
    bool approved_ = false;
    int asked_ = 0;
};

/// RFC 4648, with padding.
std::string base64(std::string_view bytes);

}  // namespace bitx::remote
