#include "remote/http/authorization.hpp"

#include <vector>

#include <doctest/doctest.h>

using namespace bitx::remote;

namespace {

class Recorder final : public CredentialSource {
  public:
    std::vector<Credential> answers;
    std::string log;

    std::optional<Credential> fill(const CredentialRequest& request) override {
        log += "fill " + request.host + ";";
        if (answers.empty()) return std::nullopt;
        const Credential next = answers.front();
        answers.erase(answers.begin());
        return next;
    }
    void approve(const CredentialRequest&, const Credential& c) override { log += "approve " + c.user + ";"; }
    void reject(const CredentialRequest&, const Credential& c) override { log += "reject " + c.user + ";"; }
};

const CredentialRequest request{"https", "dav.example.org:8443", "models", ""};

}  // namespace

TEST_CASE("base64: the vectors of RFC 4648") {
    CHECK(base64("").empty());
    CHECK(base64("f") == "Zg==");
    CHECK(base64("fo") == "Zm8=");
    CHECK(base64("foo") == "Zm9v");
    CHECK(base64("foob") == "Zm9vYg==");
    CHECK(base64("fooba") == "Zm9vYmE=");
    CHECK(base64("foobar") == "Zm9vYmFy");
    CHECK(base64("\xff\xfe") == "//4=");
}

TEST_CASE("nothing is sent before the server asks; what it accepts is approved once") {
    Recorder source;
    source.answers = {{"ann", "secret", {}}};
    HttpAuthorization authorization(request, &source, std::nullopt);
    CHECK(authorization.value().empty());
    CHECK(source.log.empty());
    REQUIRE(authorization.refused("Basic realm=\"store\"", ""));
    CHECK(authorization.value() == "Basic " + base64("ann:secret"));
    authorization.accepted(authorization.value());
    authorization.accepted(authorization.value());
    CHECK(source.log == "fill dav.example.org:8443;approve ann;");
}

TEST_CASE("what the server refuses is rejected, and asked for again once") {
    Recorder source;
    source.answers = {{"old", "x", {}}, {"new", "y", {}}, {"more", "z", {}}};
    HttpAuthorization authorization(request, &source, std::nullopt);
    REQUIRE(authorization.refused("Basic", ""));
    REQUIRE(authorization.refused("Basic", authorization.value()));
    CHECK(authorization.value() == "Basic " + base64("new:y"));
    CHECK(!authorization.refused("Basic", authorization.value()));
    CHECK(source.log == "fill dav.example.org:8443;reject old;fill dav.example.org:8443;reject new;");
}

TEST_CASE("a thread that was refused with what another has replaced only tries again") {
    Recorder source;
    source.answers = {{"ann", "secret", {}}};
    HttpAuthorization authorization(request, &source, std::nullopt);
    REQUIRE(authorization.refused("Basic", ""));
    CHECK(authorization.refused("Basic", ""));
    CHECK(source.log == "fill dav.example.org:8443;");
}

TEST_CASE("Bearer where the server asks for that, and nothing for a scheme that we do not speak") {
    Recorder source;
    source.answers = {{"ann", "token", {}}};
    HttpAuthorization authorization(request, &source, std::nullopt);
    CHECK(!authorization.refused("Negotiate", ""));
    CHECK(!authorization.refused("Digest realm=\"basically\"", ""));
    CHECK(source.log.empty());
    REQUIRE(authorization.refused("Bearer realm=x", ""));
    CHECK(authorization.value() == "Bearer token");
}

TEST_CASE("a password in the URL comes first and is nobody's to approve or reject") {
    Recorder source;
    HttpAuthorization authorization(request, &source, Credential{"url", "x", {}});
    REQUIRE(authorization.refused("Basic", ""));
    CHECK(authorization.value() == "Basic " + base64("url:x"));
    authorization.accepted(authorization.value());
    CHECK(!authorization.refused("Basic", authorization.value()));
    CHECK(source.log == "fill dav.example.org:8443;");
}
