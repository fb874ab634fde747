#include "agent/access/netrc.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

#include "agent/access/aws_profile.hpp"

namespace bitx::agent {
namespace {

/// The words of the file, one after the other.
class Words {
  public:
    explicit Words(std::string_view text) : rest_(text) {}

    std::optional<std::string> next() {
        skip_blanks();
        while (rest_.starts_with('#')) {
            skip_to(rest_.find('\n'));
            skip_blanks();
        }
        if (rest_.empty()) return std::nullopt;
        if (rest_.front() != '"') {
            const auto end = std::min(rest_.find_first_of(blanks), rest_.size());
            const std::string word(rest_.substr(0, end));
            rest_.remove_prefix(end);
            return word;
        }
        std::string word;
        std::size_t i = 1;
        for (; i < rest_.size() && rest_[i] != '"'; ++i) {
            if (rest_[i] == '\\' && i + 1 < rest_.size()) ++i;
            word += rest_[i];
        }
        skip_to(i + 1);
        return word;
    }
    /// A macro ends with an empty line.
    void skip_macro() { skip_to(rest_.find("\n\n")); }

  private:
    static constexpr std::string_view blanks = " \t\r\n";
    void skip_blanks() { skip_to(rest_.find_first_not_of(blanks)); }
    void skip_to(std::size_t at) { rest_.remove_prefix(std::min(at, rest_.size())); }

    std::string_view rest_;
};

}  // namespace

std::optional<remote::Credential> find_in_netrc(std::string_view text, std::string_view host,
                                                std::string_view user) {
    Words words(text);
    bool is_ours = false;
    remote::Credential credential;
    const auto found = [&] {
        return is_ours && !credential.secret.empty() && (user.empty() || credential.user == user);
    };
    while (const auto word = words.next()) {
        if (*word == "machine" || *word == "default") {
            if (found()) break;
            is_ours = *word == "machine" && words.next() == host;
            credential = {};
        } else if (*word == "login") {
            credential.user = words.next().value_or("");
        } else if (*word == "password") {
            credential.secret = words.next().value_or("");
        } else if (*word == "account") {
            words.next();
        } else if (*word == "macdef") {
            words.skip_macro();
        }
    }
    if (!found()) return std::nullopt;
    return credential;
}

std::optional<remote::Credential> NetrcCredential::fill(const remote::CredentialRequest& request) {
    from_netrc_ = false;
    if (!refused_) {
        const auto named = process_environment("NETRC");
        const std::filesystem::path home = process_environment("HOME").value_or("");
        std::ifstream file(named ? std::filesystem::path(*named) : home / ".netrc", std::ios::binary);
        const std::string text{std::istreambuf_iterator(file), {}};
        // An IPv6 address in brackets has colons, too.
        const std::string host = request.host.substr(0, request.host.find(':', request.host.find(']') + 1));
        const auto credential = find_in_netrc(text, host, request.user);
        from_netrc_ = credential.has_value();
        if (from_netrc_) return credential;
    }
    return next_->fill(request);
}

void NetrcCredential::approve(const remote::CredentialRequest& request,
                              const remote::Credential& credential) {
    if (!from_netrc_) next_->approve(request, credential);
}

void NetrcCredential::reject(const remote::CredentialRequest& request, const remote::Credential& credential) {
    if (from_netrc_) {
        refused_ = true;
    } else {
        next_->reject(request, credential);
    }
}

}  // namespace bitx::agent
