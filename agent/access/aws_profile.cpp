#include "agent/access/aws_profile.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "agent/error.hpp"

namespace bitx::agent {
namespace {

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blanks = " \t\r";
    const auto first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

ProfileFile read_profile_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return {};
    return parse_profile_file(std::string(std::istreambuf_iterator(file), {}));
}

std::string value(const std::map<std::string, std::string>& settings, const std::string& name) {
    const auto found = settings.find(name);
    return found == settings.end() ? std::string() : found->second;
}

std::optional<remote::Credential> credential_of(const std::map<std::string, std::string>& settings) {
    remote::Credential credential{value(settings, "aws_access_key_id"),
                                  value(settings, "aws_secret_access_key"),
                                  value(settings, "aws_session_token")};
    if (credential.user.empty() || credential.secret.empty()) return std::nullopt;
    return credential;
}

}  // namespace

std::optional<std::string> process_environment(const char* name) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') return std::nullopt;
    return value;
}

ProfileFile parse_profile_file(std::string_view text) {
    ProfileFile file;
    std::map<std::string, std::string>* section = nullptr;
    for (std::size_t start = 0; start < text.size();) {
        const std::size_t end = std::min(text.find('\n', start), text.size());
        const std::string_view line = text.substr(start, end - start);
        start = end + 1;
        // An indented line belongs to the setting above it ("s3 =" and its own settings).
        if (line.empty() || line.front() == ' ' || line.front() == '\t' || line.front() == '#' ||
            line.front() == ';') {
            continue;
        }
        if (line.front() == '[') {
            const auto close = line.find(']');
            section = close == std::string_view::npos
                          ? nullptr
                          : &file[std::string(trimmed(line.substr(1, close - 1)))];
            continue;
        }
        const auto equals = line.find('=');
        if (section == nullptr || equals == std::string_view::npos) continue;
        (*section)[std::string(trimmed(line.substr(0, equals)))] = trimmed(line.substr(equals + 1));
    }
    return file;
}

AwsSettings read_aws_settings(const std::string& profile, const Environment& environment) {
    const auto variable = [&](const char* name) { return environment(name).value_or(""); };
    const std::filesystem::path home = std::filesystem::path(variable("HOME")) / ".aws";
    const auto file = [&](const char* name, const char* standard) {
        const auto path = environment(name);
        return read_profile_file(path ? std::filesystem::path(*path) : home / standard);
    };
    ProfileFile credentials = file("AWS_SHARED_CREDENTIALS_FILE", "credentials");
    ProfileFile config = file("AWS_CONFIG_FILE", "config");
    const std::string name = !profile.empty() ? profile : environment("AWS_PROFILE").value_or("default");
    const std::string config_name = name == "default" ? name : "profile " + name;
    if (name != "default" && !credentials.contains(name) && !config.contains(config_name)) {
        throw Error("there is no AWS profile '" + name + "'; see ~/.aws/config and ~/.aws/credentials");
    }

    AwsSettings settings;
    if (profile.empty()) {
        settings.credential = credential_of({{"aws_access_key_id", variable("AWS_ACCESS_KEY_ID")},
                                             {"aws_secret_access_key", variable("AWS_SECRET_ACCESS_KEY")},
                                             {"aws_session_token", variable("AWS_SESSION_TOKEN")}});
    }
    if (!settings.credential) settings.credential = credential_of(credentials[name]);
    if (!settings.credential) settings.credential = credential_of(config[config_name]);
    settings.region = variable("AWS_REGION");
    if (settings.region.empty()) settings.region = variable("AWS_DEFAULT_REGION");
    if (settings.region.empty()) settings.region = value(config[config_name], "region");
    settings.endpoint = variable("AWS_ENDPOINT_URL_S3");
    if (settings.endpoint.empty()) settings.endpoint = variable("AWS_ENDPOINT_URL");
    if (settings.endpoint.empty()) settings.endpoint = value(config[config_name], "endpoint_url");
    return settings;
}

}  // namespace bitx::agent
