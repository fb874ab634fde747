#include "agent/access/diagnosis.hpp"

#include <algorithm>

#include <doctest/doctest.h>

#include "remote/identity.hpp"
#include "remote/layout.hpp"
#include "remote/memory_engine.hpp"

using namespace bitx::agent;
using namespace bitx::remote;

namespace {

/// A store in memory that lacks what the case takes from it.
class LackingEngine final : public Engine {
  public:
    std::optional<ObjectInfo> head(std::string_view key) override {
        auto info = inner.head(key);
        if (info && !has_versions) info->version = "always the same";
        return info;
    }
    ObjectInfo get(std::string_view key, ByteRange range, const Sink& sink,
                   std::string_view version) override {
        if (denies) throw DeniedError("403; check the credentials");
        if (!has_ranges) range.offset = 0;
        return inner.get(key, range, sink, has_versions ? version : "");
    }
    PutResult put(std::string_view key, const Body& body, PutMode mode) override {
        return inner.put(key, body, has_conditions ? mode : PutMode::replace);
    }
    void list(std::string_view prefix,
              const std::function<void(std::string_view, std::uint64_t)>& each) override {
        if (!lists) throw UnsupportedError("it cannot be listed");
        inner.list(prefix, each);
    }
    void remove(std::string_view key) override {
        if (removes) inner.remove(key);
    }
    void check_writable() override {
        if (is_mirror) throw DeniedError("it can only be read");
    }
    std::string describe() const override { return "https://here"; }

    MemoryEngine inner;
    bool denies = false, has_versions = true, has_ranges = true, has_conditions = true, lists = true,
         removes = true, is_mirror = false;
};

struct Fixture {
    LackingEngine engine;
    StoreWatch watch;

    Fixture() { create_store(engine); }

    std::vector<Finding> findings() { return diagnose_store(engine, watch); }
    /// The checks of that health, with blanks between.
    std::string with(Health health) {
        std::string names;
        for (const auto& finding : findings())
            if (finding.health == health) names += finding.check + ' ';
        return names;
    }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a store that can all is well, and is left as it was") {
    CHECK(with(Health::good) == "store write ranges versions create only list remove ");
    CHECK(with(Health::note) == "");
    CHECK(with(Health::fault) == "");
    int objects = 0;
    engine.list("", [&](auto, auto) { ++objects; });
    CHECK(objects == 1);
}

TEST_CASE_FIXTURE(Fixture, "what a push cannot do without is a fault") {
    SUBCASE("access") {
        engine.denies = true;
        CHECK(with(Health::fault) == "store ");
        CHECK(findings().back().detail == "403; check the credentials");
        CHECK(findings().size() == 1);
    }
    SUBCASE("ranges") {
        engine.has_ranges = false;
        CHECK(with(Health::fault) == "ranges ");
    }
    SUBCASE("versions") {
        engine.has_versions = false;
        CHECK(with(Health::fault) == "versions ");
    }
    SUBCASE("remove") {
        engine.removes = false;
        CHECK(with(Health::fault) == "remove ");
    }
}

TEST_CASE_FIXTURE(Fixture, "what costs only time or needs care is a note") {
    SUBCASE("conditions") {
        engine.has_conditions = false;
        CHECK(with(Health::note) == "create only ");
    }
    SUBCASE("list") {
        engine.lists = false;
        CHECK(with(Health::note) == "list ");
    }
    SUBCASE("a mirror") {
        engine.is_mirror = true;
        CHECK(with(Health::note) == "write ");
        CHECK(with(Health::good) == "store ");
    }
    SUBCASE("no store yet") {
        engine.inner.remove(identity_key);
        CHECK(with(Health::note) == "store ");
        CHECK(with(Health::good) == "write ranges versions create only list remove ");
    }
    SUBCASE("whole objects for ranges") {
        watch.sent_parts = [] { return false; };
        CHECK(with(Health::note) == "ranges ");
    }
    CHECK(with(Health::fault) == "");
}

TEST_CASE_FIXTURE(Fixture, "a clock that is off is a fault with its direction") {
    watch.clock_offset = [] { return std::optional<std::time_t>(2); };
    CHECK(with(Health::good).ends_with("clock "));
    watch.clock_offset = [] { return std::optional<std::time_t>(3600); };
    CHECK(with(Health::fault) == "clock ");
    CHECK(findings().back().detail.find("3600 s behind the server's") != std::string::npos);
    watch.clock_offset = [] { return std::optional<std::time_t>(-3600); };
    CHECK(findings().back().detail.find("3600 s ahead of the server's") != std::string::npos);
    watch.clock_offset = [] { return std::optional<std::time_t>(); };
    CHECK(with(Health::fault) == "");
}
