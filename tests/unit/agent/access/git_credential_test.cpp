#include "agent/access/git_credential.hpp"

#include <fstream>
#include <iterator>

#include <doctest/doctest.h>

#include "agent/git/process.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace bitx;
using namespace bitx::agent;

namespace {

/// A repository whose git keeps its credentials in a file of the test's.
struct Fixture {
    test::TemporaryFolder folder;
    GitCredential source{folder.path()};
    remote::CredentialRequest request{"https", "dav.example.org:8443", "models", ""};

    Fixture() {
        ProcessOptions options;
        const std::string path = folder.path().string();
        options.directory = path;
        run_git({"init", "-q"}, options);
        run_git({"config", "credential.helper", ""}, options);
        run_git({"config", "--add", "credential.helper",
                 "store --file='" + (folder.path() / "kept").string() + "'"},
                options);
        run_git({"config", "core.askPass", "false"}, options);
    }
    std::string kept() const {
        std::ifstream file(folder.path() / "kept");
        return std::string(std::istreambuf_iterator(file), {});
    }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "what git knows is filled in, for that host alone") {
    std::ofstream(folder.path() / "kept") << "https://ann:pa%3Ass@dav.example.org%3a8443\n";
    const auto credential = source.fill(request);
    REQUIRE(credential);
    CHECK(credential->user == "ann");
    CHECK(credential->secret == "pa:ss");
    ::setenv("GIT_TERMINAL_PROMPT", "0", 1);
    request.host = "evil.example.org";
    CHECK(!source.fill(request));
}

TEST_CASE_FIXTURE(Fixture, "what worked is kept, what did not is forgotten") {
    const remote::Credential credential{"ann", "secret", {}};
    source.approve(request, credential);
    CHECK(kept() == "https://ann:secret@dav.example.org%3a8443\n");
    source.reject(request, credential);
    CHECK(kept().empty());
}

TEST_CASE_FIXTURE(Fixture, "a line break cannot smuggle in another host") {
    std::ofstream(folder.path() / "kept") << "https://ann:secret@evil.example.org\n";
    request.path = "x\nhost=evil.example.org";
    CHECK(!source.fill(request));
}
