#include "agent/push/push.hpp"

#include <chrono>

#include <doctest/doctest.h>

#include "agent/error.hpp"
#include "tests/unit/agent/stored_files.hpp"

using namespace bitx;
using namespace bitx::agent;

namespace {

constexpr std::size_t large = 600'000;  // elements: more than 1 MiB, a blob of its own

TestTensor tensor(const std::string& name, std::string bytes) {
    const std::uint64_t count = bytes.size() / 2;
    return {name, "BF16", {count}, std::move(bytes)};
}

std::size_t blobs_of_kind(const FileReport& report, UnitKind kind, bool known) {
    return static_cast<std::size_t>(std::ranges::count_if(
        report.units, [&](const UnitReport& unit) { return unit.kind == kind && unit.known == known; }));
}

}  // namespace

TEST_SUITE("push") {
    TEST_CASE("files of every kind come back byte for byte") {
        TestStore store;
        std::string noise(3'000'000, '\0');
        std::mt19937 generator(1);
        for (char& c : noise) c = static_cast<char>(generator());
        for (const std::string& file :
             {std::string(), std::string("x"), noise, std::string(20'000'000, 'z'), safetensors_file({}),
              safetensors_file(
                  {tensor("a", weights(10, 1)), tensor("b", weights(large, 2)), tensor("c", weights(10, 3))}),
              safetensors_file({{"empty", "F32", {0, 5}, ""}, {"scalar", "F64", {}, "12345678"}}),
              safetensors_file({tensor("w", weights(10, 1))}, std::string(10'000, 'n'))}) {
            CAPTURE(file.size());
            const FileReport report = store.push(file);
            CHECK(report.raw == file.size());
            CHECK(store.pull(file) == file);
        }
    }

    TEST_CASE("a truncated safetensors file is stored as opaque bytes, and says why") {
        TestStore store;
        std::string file = safetensors_file({tensor("w", weights(1000, 1))});
        file.pop_back();
        const FileReport report = store.push(file);
        CHECK(report.format == codec::FileFormat::opaque);
        CHECK(report.why_opaque == "the file ends before tensor \"w\" does");
        CHECK(store.pull(file) == file);
    }

    TEST_CASE("a file that the store has is not stored again") {
        TestStore store;
        const std::string file = safetensors_file({tensor("w", weights(large, 1))});
        store.push(file);
        const auto keys = store.keys("");
        const FileReport again = store.push(file);
        CHECK(again.known);
        CHECK(again.stored() == 0);
        CHECK(store.keys("") == keys);
    }

    TEST_CASE("a tensor that the store has is not stored again, whatever its name, place or file") {
        TestStore store;
        store.push(safetensors_file({tensor("a", weights(large, 1)), tensor("b", weights(large, 2))}));
        const std::string other =
            safetensors_file({tensor("y", weights(large, 2)), tensor("new", weights(large, 3)),
                              tensor("x", weights(large, 1)), tensor("twice", weights(large, 3))});
        const FileReport report = store.push(other);
        CHECK(blobs_of_kind(report, UnitKind::tensor, true) == 3);
        CHECK(blobs_of_kind(report, UnitKind::tensor, false) == 1);
        CHECK(store.pull(other) == other);
    }

    TEST_CASE("a fine-tune costs its difference from the base") {
        TestStore store;
        const std::string weight = weights(large, 1);
        const std::string small = weights(3000, 2);
        const std::string base = safetensors_file({tensor("w", weight), tensor("norm", small)});
        const std::string tuned =
            safetensors_file({tensor("w", moved(weight, 3)), tensor("norm", moved(small, 4))});
        const std::uint64_t alone = store.push(base).stored();
        const std::uint64_t delta = store.push(tuned, store.as_base(base)).stored();
        CHECK(delta < alone / 2);
        CHECK(store.pull(tuned) == tuned);
    }

    TEST_CASE("rows added to a tensor leave the others' delta alone; other trailing dimensions have none") {
        TestStore store;
        const std::string rows = weights(large, 1);
        const std::string base = safetensors_file({{"w", "BF16", {large / 100, 100}, rows}});
        store.push(base);
        const std::string more = moved(rows, 2) + weights(500, 3);
        const std::string grown = safetensors_file({{"w", "BF16", {large / 100 + 5, 100}, more}});
        const FileReport report = store.push(grown, store.as_base(base));
        CHECK(report.units.back().bases == std::vector<std::string>{"base"});
        CHECK(report.stored() < rows.size() / 2);
        CHECK(store.pull(grown) == grown);

        const std::string turned = safetensors_file({{"w", "BF16", {100, large / 100}, moved(rows, 4)}});
        CHECK(store.push(turned, store.as_base(base)).units.back().bases.empty());
        CHECK(store.pull(turned) == turned);
    }

    TEST_CASE("a series stays within the greatest depth, and each of it comes back") {
        TestStore store;
        std::vector<std::string> series;
        std::string weight = weights(large, 1);
        std::string small = weights(1000, 2);
        FileBases bases;
        for (unsigned step = 0; step < 6; ++step) {
            series.push_back(safetensors_file({tensor("w", weight), tensor("norm", small)}));
            store.push(series.back(), bases);
            bases = store.as_base(series.back());
            weight = moved(weight, 10 + step);
            small = moved(small, 20 + step);
        }
        for (const std::string& file : series) CHECK(store.pull(file) == file);
        unsigned deepest = 0;
        for (const std::string& key : store.keys("blobs/"))
            deepest = std::max(deepest, remote::parse_blob_key(key)->depth);
        CHECK(deepest == codec::max_depth);
    }

    TEST_CASE("thousands of small tensors in a deep chain are looked up in no time") {
        TestStore store;
        constexpr unsigned count = 3000;
        std::vector<TestTensor> tensors;
        for (unsigned i = 0; i < count; ++i)
            tensors.push_back(tensor("t" + std::to_string(i), weights(500, i)));
        FileBases bases;
        std::string file;
        for (unsigned step = 0; step < 4; ++step) {
            file = safetensors_file(tensors);
            store.push(file, bases);
            bases = store.as_base(file);
            for (TestTensor& each : tensors) each.bytes = moved(each.bytes, step);
        }
        REQUIRE(store.store().recipe(TestStore::oid(file)).segments.size() >= 2);
        const auto start = std::chrono::steady_clock::now();
        CHECK(store.push(file).known);
        CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
    }

    TEST_CASE("a file that is not what git-lfs named is not stored") {
        TestStore store;
        ScratchFolder scratch;
        write_file(scratch / "object", "changed");
        Push push(store.store(), TestStore::small_settings(), scratch / "spool", {});
        const auto pushed_as = [&](const std::string& bytes) {
            push.push(
                {TestStore::oid(bytes), bytes.size(), scratch / "object"}, [] { return FileBases{}; },
                [](std::uint64_t) {});
        };
        CHECK_THROWS_WITH_AS(pushed_as("as added"), doctest::Contains("bytes, and git-lfs asks for"), Error);
        CHECK_THROWS_WITH_AS(pushed_as("CHANGED"), doctest::Contains("is not what was added"), Error);
        CHECK(store.keys("recipes/").empty());
    }

    TEST_CASE("a damaged or missing blob makes the file be stored again") {
        const std::string file =
            safetensors_file({tensor("w", weights(large, 1)), tensor("small", weights(10, 2))});
        for (const char* damage : {"missing", "truncated", "header"}) {
            CAPTURE(damage);
            TestStore store;
            store.push(file);
            const std::string key = store.keys("blobs/").front();
            std::string bytes = store.object(key);
            if (*damage == 'm') {
                store.remove(key);
            } else {
                if (*damage == 't') bytes.resize(bytes.size() - 1);
                if (*damage == 'h') bytes[85] = static_cast<char>(bytes[85] ^ 1);
                store.replace(key, bytes);
            }
            const FileReport again = store.push(file);
            CHECK(!again.known);
            CHECK(again.stored() > 0);
            CHECK(store.pull(file) == file);
        }
    }
}
