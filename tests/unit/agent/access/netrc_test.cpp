#include "agent/access/netrc.hpp"

#include <doctest/doctest.h>

#include "tests/unit/agent/scratch.hpp"

using namespace bitx::agent;
using bitx::remote::Credential;
using bitx::remote::CredentialRequest;

namespace {

constexpr const char* file = R"(# mine
machine dav.example.org login ann password "pass \"word"
machine other.example.org
    login bob
    account x
    password secret
macdef init
  machine dav.example.org login eve password evil

machine dav.example.org login carl password second
default login anonymous password guess
)";

/// Another source, which says what was asked of it.
class Next final : public bitx::remote::CredentialSource {
  public:
    std::optional<Credential> fill(const CredentialRequest&) override {
        asked += "fill ";
        return Credential{"next", "source", {}};
    }
    void approve(const CredentialRequest&, const Credential&) override { asked += "approve "; }
    void reject(const CredentialRequest&, const Credential&) override { asked += "reject "; }
    std::string asked;
};

}  // namespace

TEST_CASE("a .netrc answers for exactly its hosts") {
    CHECK(find_in_netrc(file, "dav.example.org", "")->secret == "pass \"word");
    CHECK(find_in_netrc(file, "dav.example.org", "carl")->secret == "second");
    CHECK(find_in_netrc(file, "other.example.org", "")->user == "bob");
    CHECK(!find_in_netrc(file, "dav.example.org", "nobody"));
    CHECK_MESSAGE(!find_in_netrc(file, "evil.example.org", ""), "the default entry is for nobody");
    CHECK(!find_in_netrc(file, "example.org", ""));
    CHECK(!find_in_netrc("machine a login", "a", ""));
    CHECK(!find_in_netrc("", "a", ""));
}

TEST_CASE("what the .netrc lacks, or the server refused of it, another source is asked for") {
    const ScratchFolder folder;
    write_file(folder / "netrc", file);
    const ScopedEnvironment environment("NETRC", (folder / "netrc").string());
    const auto next = std::make_shared<Next>();
    NetrcCredential source(next);
    const CredentialRequest here{"https", "dav.example.org:8443", "models", ""};
    const auto own = source.fill(here);
    CHECK(own->user == "ann");
    source.approve(here, *own);
    CHECK(next->asked.empty());
    source.reject(here, *own);
    CHECK(source.fill(here)->user == "next");
    source.approve(here, {});
    source.reject(here, {});
    CHECK(next->asked == "fill approve reject ");
    NetrcCredential fresh(next);
    CHECK(fresh.fill({"https", "elsewhere.example.org", "models", ""})->user == "next");
}
