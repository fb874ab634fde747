#include "agent/settings.hpp"

#include <doctest/doctest.h>

#include "agent/error.hpp"
#include "tests/unit/agent/scratch.hpp"

using namespace bitx::agent;

namespace {
Settings settings(const std::string& key, const std::string& value, ConfigScope scope = ConfigScope::local) {
    return Settings::from(GitConfig({{key, value, scope}}));
}
}  // namespace

TEST_CASE("what is not set has its preset") {
    const Settings preset = Settings::from(GitConfig());
    CHECK(preset.threads >= 1);
    CHECK(preset.memory == std::uint64_t{1} << 30);
    CHECK(preset.transfers == 8);
    CHECK(preset.cold_pull == 2.0);
    CHECK(preset.cache_size == std::uint64_t{4} << 30);
    CHECK(preset.local.empty());
    CHECK(preset.publish == std::nullopt);
}

TEST_CASE("what is set is taken") {
    CHECK(settings("bitx.threads", "3").threads == 3);
    CHECK(settings("bitx.memory", "512m").memory == std::uint64_t{512} << 20);
    CHECK(settings("bitx.transfers", "1").transfers == 1);
    CHECK(settings("bitx.coldpull", "1.25").cold_pull == 1.25);
    CHECK(settings("bitx.publish", "acme/minilm").publish == ModelName{"acme", "minilm"});
}

TEST_CASE("folders are taken from all of their values, and \"~/\" is home") {
    const ScopedEnvironment home("HOME", "/home/ann");
    const Settings several = Settings::from(GitConfig({{"bitx.local", "/srv/models", ConfigScope::system},
                                                       {"bitx.local", "~/models", ConfigScope::global},
                                                       {"bitx.cachesize", "0", ConfigScope::global}}));
    CHECK(several.local == std::vector<std::filesystem::path>{"/srv/models", "/home/ann/models"});
    CHECK(several.cache_size == 0);
    CHECK_THROWS_WITH_AS(settings("bitx.local", "models"), doctest::Contains("a folder's absolute path"),
                         Error);
}

TEST_CASE("a name to publish is taken from the repository's own config only") {
    CHECK(settings("bitx.publish", "a/b", ConfigScope::worktree).publish.has_value());
    for (const auto scope : {ConfigScope::system, ConfigScope::global, ConfigScope::command}) {
        CHECK_FALSE(settings("bitx.publish", "a/b", scope).publish.has_value());
    }
}

TEST_CASE("a value that cannot be used is named with its key") {
    CHECK_THROWS_WITH_AS(settings("bitx.threads", "many"),
                         doctest::Contains("'many' is no value for bitx.threads"), Error);
    CHECK_THROWS_WITH_AS(settings("bitx.threads", "0"), doctest::Contains("between 1 and 1024"), Error);
    CHECK_THROWS_WITH_AS(settings("bitx.memory", "1k"), doctest::Contains("bitx.memory"), Error);
    CHECK_THROWS_WITH_AS(settings("bitx.transfers", "-1"), doctest::Contains("bitx.transfers"), Error);
    for (const char* value : {"-1", "0", "nan", "inf", "2,0", ""}) {
        CAPTURE(value);
        CHECK_THROWS_WITH_AS(settings("bitx.coldpull", value), doctest::Contains("bitx.coldPull"), Error);
    }
    CHECK_THROWS_WITH_AS(settings("bitx.publish", "acme"), doctest::Contains("bitx.publish"), Error);
}
