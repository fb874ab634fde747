#include "agent/access/aws_profile.hpp"

#include <fstream>

#include <doctest/doctest.h>

#include "agent/error.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace bitx::agent;

namespace {

/// A HOME with AWS's files, and an environment of its own.
struct Fixture {
    bitx::test::TemporaryFolder home;
    std::map<std::string, std::string> variables{{"HOME", home.path().string()}};

    Fixture() { std::filesystem::create_directory(home.path() / ".aws"); }
    void write(const char* name, std::string_view text) {
        std::ofstream(home.path() / ".aws" / name) << text;
    }
    AwsSettings read(const std::string& profile = {}) {
        return read_aws_settings(profile, [this](const char* name) -> std::optional<std::string> {
            const auto found = variables.find(name);
            if (found == variables.end()) return std::nullopt;
            return found->second;
        });
    }
};

}  // namespace

TEST_CASE("a profile file: sections, comments, blanks; nested settings are not taken for others") {
    const auto file = parse_profile_file(
        "# comment\nlost = 1\n[default]\naws_access_key_id=AK\r\naws_secret_access_key = a+b/c=\n; x = y\n"
        "s3 =\n  region = nested\n[profile dev ]\nregion = eu-west-1\n[broken\nregion = lost");
    CHECK(file.at("default").at("aws_access_key_id") == "AK");
    CHECK(file.at("default").at("aws_secret_access_key") == "a+b/c=");
    CHECK(!file.at("default").contains("region"));
    CHECK(file.at("profile dev").at("region") == "eu-west-1");
    CHECK(file.size() == 2);
}

TEST_CASE_FIXTURE(Fixture, "no AWS at all") {
    const auto settings = read();
    CHECK(!settings.credential);
    CHECK(settings.region.empty());
    CHECK(settings.endpoint.empty());
}

TEST_CASE_FIXTURE(Fixture, "the environment comes before the files") {
    write("credentials", "[default]\naws_access_key_id = FILE\naws_secret_access_key = s\n");
    write("config", "[default]\nregion = eu-west-1\nendpoint_url = https://minio.example.org\n");
    CHECK(read().credential->user == "FILE");
    CHECK(read().region == "eu-west-1");
    CHECK(read().endpoint == "https://minio.example.org");
    variables.insert({{"AWS_ACCESS_KEY_ID", "ENV"},
                      {"AWS_SECRET_ACCESS_KEY", "e"},
                      {"AWS_SESSION_TOKEN", "t"},
                      {"AWS_DEFAULT_REGION", "us-east-2"},
                      {"AWS_ENDPOINT_URL", "https://r2.example.org"}});
    CHECK(read().credential->user == "ENV");
    CHECK(read().credential->session_token == "t");
    CHECK(read().region == "us-east-2");
    CHECK(read().endpoint == "https://r2.example.org");
    variables["AWS_REGION"] = "us-west-1";
    CHECK(read().region == "us-west-1");
}

TEST_CASE_FIXTURE(Fixture, "half a credential is none") {
    variables["AWS_ACCESS_KEY_ID"] = "ENV";
    CHECK(!read().credential);
}

TEST_CASE_FIXTURE(Fixture, "profiles") {
    write("credentials", "[dev]\naws_access_key_id = DEV\naws_secret_access_key = s\n");
    write("config",
          "[profile dev]\nregion = eu-west-1\n[profile ops]\naws_access_key_id = OPS\naws_secret_access_key "
          "= o\n");
    CHECK(!read().credential);
    variables["AWS_PROFILE"] = "dev";
    CHECK(read().credential->user == "DEV");
    CHECK(read().region == "eu-west-1");
    variables["AWS_ACCESS_KEY_ID"] = "ENV";
    variables["AWS_SECRET_ACCESS_KEY"] = "e";
    CHECK(read().credential->user == "ENV");
    CHECK_MESSAGE(read("ops").credential->user == "OPS", "a profile that is named wins");
    CHECK_THROWS_WITH_AS(read("none"), doctest::Contains("no AWS profile 'none'"), Error);
}

TEST_CASE_FIXTURE(Fixture, "files elsewhere") {
    write("mine", "[default]\naws_access_key_id = MINE\naws_secret_access_key = s\n");
    variables["AWS_SHARED_CREDENTIALS_FILE"] = (home.path() / ".aws/mine").string();
    CHECK(read().credential->user == "MINE");
}
