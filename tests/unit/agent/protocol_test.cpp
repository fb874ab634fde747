#include "agent/protocol.hpp"

#include <sstream>
#include <stdexcept>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace bitx::agent;
using nlohmann::json;

namespace {

// Work that moves no bytes: an oid that begins with 'b' fails.
class ScriptedTransfers : public Transfers {
  public:
    void upload(const std::string& oid, std::uint64_t size, const std::filesystem::path& path,
                const Progress& progress) override {
        CHECK(path == "/objects/" + oid);
        move(oid, size, progress);
    }
    std::filesystem::path download(const std::string& oid, std::uint64_t size,
                                   const Progress& progress) override {
        move(oid, size, progress);
        return "/partial/" + oid;
    }

  private:
    static void move(const std::string& oid, std::uint64_t size, const Progress& progress) {
        progress(size / 2);
        if (oid.starts_with('b')) throw std::runtime_error("object " + oid + " is \xff damaged");
        progress(size / 3);  // out of order
    }
};

struct Conversation {
    int status = 0;
    std::vector<json> answers;
};

Conversation talk(const std::string& lines) {
    std::istringstream in(lines);
    std::ostringstream out;
    Conversation conversation;
    conversation.status = run_protocol(in, out, [](Operation, const std::string& remote) {
        if (remote == "nowhere") throw std::runtime_error("no store there");
        return std::make_unique<ScriptedTransfers>();
    });
    std::istringstream answers(out.str());
    for (std::string line; std::getline(answers, line);) conversation.answers.push_back(json::parse(line));
    return conversation;
}

const std::string init_upload =
    R"({"event":"init","operation":"upload","remote":"origin","concurrent":false,"concurrenttransfers":8})"
    "\n";
const std::string init_download = R"({"event":"init","operation":"download","remote":"origin"})"
                                  "\n";

}  // namespace

TEST_CASE("init is answered, terminate and the end of input end the loop") {
    CHECK(talk(init_upload).answers == std::vector<json>{json::object()});
    const Conversation ended = talk(init_upload + "{\"event\":\"terminate\"}\nnot read");
    CHECK(ended.status == 0);
    CHECK(ended.answers.size() == 1);
    CHECK(talk("").status == 0);
}

TEST_CASE("an init that fails is answered with its reason") {
    const Conversation failed = talk(R"({"event":"init","operation":"upload","remote":"nowhere"})"
                                     "\n");
    REQUIRE(failed.answers.size() == 1);
    CHECK(failed.answers[0].at("error").at("message") == "git-bitx: no store there");
}

TEST_CASE("progress comes at once, grows, and ends at the size; then comes complete") {
    const auto answers =
        talk(init_upload + R"({"event":"upload","oid":"a1","size":1000,"path":"/objects/a1","action":null})"
                           "\n")
            .answers;
    REQUIRE(answers.size() >= 4);
    CHECK(answers[1].at("bytesSoFar") == 1);
    std::uint64_t so_far = 0;
    for (std::size_t i = 1; i + 1 < answers.size(); ++i) {
        CHECK(answers[i].at("event") == "progress");
        CHECK(answers[i].at("bytesSoFar").get<std::uint64_t>() ==
              so_far + answers[i].at("bytesSinceLast").get<std::uint64_t>());
        so_far = answers[i].at("bytesSoFar");
    }
    CHECK(so_far == 1000);
    CHECK(answers.back() == json{{"event", "complete"}, {"oid", "a1"}});
}

TEST_CASE("a download says where its file is") {
    const auto answers = talk(init_download + R"({"event":"download","oid":"a1","size":10,"action":null})"
                                              "\n")
                             .answers;
    CHECK(answers.back() == json{{"event", "complete"}, {"oid", "a1"}, {"path", "/partial/a1"}});
}

TEST_CASE("an object that fails fails alone, whatever bytes its message has") {
    const auto answers = talk(init_download +
                              R"({"event":"download","oid":"b1","size":10})"
                              "\n" +
                              R"({"event":"download","oid":"a2","size":10})"
                              "\n")
                             .answers;
    const auto failed =
        std::ranges::find_if(answers, [](const json& answer) { return answer.contains("error"); });
    REQUIRE(failed != answers.end());
    CHECK(failed->at("oid") == "b1");
    CHECK(failed->at("error").at("message").get<std::string>().find("object b1") != std::string::npos);
    CHECK_FALSE(failed->contains("path"));
    CHECK(answers.back().at("oid") == "a2");
    CHECK_FALSE(answers.back().contains("error"));
}

TEST_CASE("escaped characters in a path are those of the path") {
    const auto answers =
        talk(init_upload + R"({"event":"upload","oid":"a\u0026","size":3,"path":"/objects/a\u0026"})"
                           "\n")
            .answers;
    CHECK(answers.back() == json{{"event", "complete"}, {"oid", "a&"}});
}

TEST_CASE("a line that is not of the protocol ends the loop with status 1") {
    CHECK(talk("hello\n").status == 1);
    CHECK(talk(init_upload + "{\"event\":\"dance\"}\n").status == 1);
    CHECK(talk(init_upload + "{\"event\":\"upload\"}\n").status == 1);
    CHECK(talk("[]\n").status == 1);
    CHECK(talk(R"({"event":"upload","oid":"a1","size":1,"path":"x"})"
               "\n")
              .status == 1);
}
