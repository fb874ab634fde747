#include "agent/access/git_credential.hpp"

#include "agent/git/process.hpp"

namespace bitx::agent {
namespace {

/// The protocol's lines (git-credential(1), INPUT/OUTPUT FORMAT). A value with a line break would be another
/// attribute: nothing is asked then.
std::optional<std::string> description(const remote::CredentialRequest& request,
                                       const remote::Credential* credential) {
    std::string text;
    bool is_plain = true;
    const auto add = [&](std::string_view name, std::string_view value) {
        if (value.empty()) return;
        if (value.find_first_of(std::string_view("\n\r\0", 3)) != std::string_view::npos) is_plain = false;
        text.append(name).append("=").append(value).append("\n");
    };
    add("protocol", request.protocol);
    add("host", request.host);
    add("path", request.path);
    add("username", credential != nullptr ? credential->user : request.user);
    if (credential != nullptr) add("password", credential->secret);
    if (!is_plain) return std::nullopt;
    return text + "\n";
}

std::string attribute(std::string_view output, std::string_view name) {
    std::string value;
    for (std::size_t start = 0; start < output.size();) {
        const std::size_t end = std::min(output.find('\n', start), output.size());
        const std::string_view line = output.substr(start, end - start);
        if (line.starts_with(name) && line.substr(name.size()).starts_with('=')) {
            value = line.substr(name.size() + 1);
        }
        start = end + 1;
    }
    return value;
}

}  // namespace

std::optional<remote::Credential> GitCredential::fill(const remote::CredentialRequest& request) {
    const auto input = description(request, nullptr);
    if (!input) return std::nullopt;
    ProcessOptions options;
    options.input = *input;
    options.directory = directory_;
    const ProcessResult result = run_process({"git", "credential", "fill"}, options);
    if (result.status != 0) return std::nullopt;  // nobody to ask, or the user declined
    remote::Credential credential{
        attribute(result.output, "username"), attribute(result.output, "password"), {}};
    if (credential.secret.empty()) return std::nullopt;
    return credential;
}

void GitCredential::approve(const remote::CredentialRequest& request, const remote::Credential& credential) {
    if (const auto input = description(request, &credential)) {
        ProcessOptions options;
        options.input = *input;
        options.directory = directory_;
        run_process({"git", "credential", "approve"}, options);
    }
}

void GitCredential::reject(const remote::CredentialRequest& request, const remote::Credential& credential) {
    if (const auto input = description(request, &credential)) {
        ProcessOptions options;
        options.input = *input;
        options.directory = directory_;
        run_process({"git", "credential", "reject"}, options);
    }
}

}  // namespace bitx::agent
