#include "agent/setup/registration.hpp"

#include <doctest/doctest.h>

using namespace bitx::agent;

namespace {

GitConfig registered(const std::string& key = {}, const std::string& value = {}) {
    std::vector<ConfigEntry> entries{{"filter.lfs.process", "git-lfs filter-process", ConfigScope::global}};
    for (const auto& [name, text] : registration("/bin/true"))
        entries.push_back({name, text, ConfigScope::global});
    if (!key.empty()) entries.push_back({key, value, ConfigScope::local});
    return GitConfig(entries);
}

std::string fault(const GitConfig& config) {
    return registration_fault(config).value_or("");
}

bool mentions(const std::string& text, const std::string& words) {
    return text.find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("what install writes is without fault") {
    CHECK(fault(registered()).empty());
}

TEST_CASE("each fault is named with what to do") {
    CHECK(mentions(fault(GitConfig()), "git bitx install"));
    CHECK(
        mentions(fault(registered("lfs.customtransfer.bitx.path", "/no/such/program")), "/no/such/program"));
    CHECK(
        mentions(fault(registered("lfs.customtransfer.bitx.args", "other")), "lfs.customtransfer.bitx.args"));
    CHECK(mentions(fault(registered("lfs.customtransfer.bitx.concurrent", "true")), "--show-origin"));
    CHECK(mentions(fault(registered("lfs.bitx::.standalonetransferagent", "x")), "git bitx install"));
    std::vector<ConfigEntry> without_git_lfs = registered().entries();
    without_git_lfs.erase(without_git_lfs.begin());
    CHECK(mentions(fault(GitConfig(without_git_lfs)), "git lfs install"));
}
