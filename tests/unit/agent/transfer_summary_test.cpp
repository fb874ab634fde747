#include "agent/transfer_summary.hpp"

#include <sstream>
#include <thread>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "agent/concurrency/resources.hpp"
#include "tests/unit/agent/scratch.hpp"

using namespace bitx::agent;

TEST_CASE("a summary sums objects, and comes back as it was written") {
    ScratchFolder scratch;
    CHECK(!TransferSummary::read(scratch.path(), "push"));
    Resources resources{Settings{}};
    resources.means().add(Means::delta, 1000, 100);
    resources.means().add(Means::known, 500);
    TransferSummary summary{.operation = "push"};
    {
        const auto busy = resources.busy_clock().span();
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    resources.base_bytes().local += 700;
    resources.base_bytes().fetched += 300;
    summary.add(1000, resources, 3);
    CHECK(summary.seconds >= 0.005);
    summary.add(500, resources, 5);
    CHECK(summary.objects == 2);
    summary.seconds = 3;
    CHECK(summary.line().starts_with(
        "push: 1500 B in 3.00 s (500 B/s); known 500 B, delta 1000 B in 100 B; read"));
    summary.write(scratch.path());
    const auto read = TransferSummary::read(scratch.path(), "push");
    REQUIRE(read);
    CHECK(read->json() == summary.json());
    std::ostringstream printed;
    read->print(printed);
    CHECK(printed.str().find("2 objects, 1500 B in 3.00 s, 500 B/s; 5 requests") != std::string::npos);
    CHECK(printed.str().find("bases, here      700 B") != std::string::npos);
    CHECK(summary.line().ends_with("; 5 requests; of bases 700 B here, 300 B fetched"));
    CHECK(!TransferSummary::read(scratch.path(), "pull"));
    write_file(scratch / "last-push.json", "{\"seconds\": \"many\"}");
    CHECK(!TransferSummary::read(scratch.path(), "push"));
}
