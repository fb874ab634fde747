#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "remote/credential.hpp"

namespace bitx::agent {

/// Looks up an environment variable; nothing where it is unset or empty.
using Environment = std::function<std::optional<std::string>(const char* name)>;
std::optional<std::string> process_environment(const char* name);

/// Sections of an AWS profile file, each with its settings; names and values trimmed. What is no "[section]"
/// and no "name = value" is skipped, nested settings too.
using ProfileFile = std::map<std::string, std::map<std::string, std::string>>;
ProfileFile parse_profile_file(std::string_view text);

/// What the user's AWS tools would use: from the environment first (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY,
/// AWS_SESSION_TOKEN, AWS_REGION, AWS_DEFAULT_REGION, AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL), then from a
/// profile of ~/.aws/credentials and ~/.aws/config (AWS_SHARED_CREDENTIALS_FILE, AWS_CONFIG_FILE,
/// AWS_PROFILE). Profiles that get their credentials elsewhere (SSO, roles, processes) have none here.
struct AwsSettings {
    std::optional<remote::Credential> credential;
    std::string region;
    std::string endpoint;
};

/// A `profile` that is named wins over the environment's credentials, as AWS's own --profile does. Throws
/// Error where it does not exist.
AwsSettings read_aws_settings(const std::string& profile,
                              const Environment& environment = process_environment);

}  // namespace bitx::agent
