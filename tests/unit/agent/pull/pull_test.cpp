#include "agent/pull/pull.hpp"

#include <doctest/doctest.h>

#include "agent/error.hpp"
#include "tests/unit/agent/stored_files.hpp"

using namespace bitx;
using namespace bitx::agent;

namespace {

constexpr std::size_t large = 600'000;

// A base and a fine-tune of it, in one store.
struct Family {
    Family() {
        const std::string weight = weights(large, 1);
        base = safetensors_file({{"w", "BF16", {large}, weight}});
        tuned = safetensors_file({{"w", "BF16", {large}, moved(weight, 2)}});
        store.push(base);
        base_blob = store.keys("blobs/").front();
        store.push(tuned, store.as_base(base));
        for (const std::string& key : store.keys("blobs/"))
            if (key != base_blob) tuned_blob = key;
    }

    TestStore store;
    std::string base;
    std::string tuned;
    std::string base_blob;
    std::string tuned_blob;
};

}  // namespace

TEST_SUITE("pull") {
    TEST_CASE("a missing object is named") {
        Family family;
        family.store.remove(family.base_blob);
        CHECK_THROWS_WITH_AS(family.store.pull(family.tuned), doctest::Contains(family.base_blob.c_str()),
                             AbsentError);
        family.store.remove("recipes/" + TestStore::oid(family.base).hex().substr(0, 2) + "/" +
                            TestStore::oid(family.base).hex());
        CHECK_THROWS_WITH_AS(family.store.pull(family.base), doctest::Contains("was never pushed there"),
                             AbsentError);
    }

    TEST_CASE("one flipped bit anywhere in a blob, or in its base, is found, and the damaged one is named") {
        Family family;
        std::mt19937 generator(3);
        int found = 0;
        for (const std::string& key : {family.base_blob, family.tuned_blob}) {
            const std::string good = family.store.object(key);
            for (int i = 0; i < 100; ++i) {
                // The header's bytes each, then places in the frames.
                const std::size_t place = i < 90 ? static_cast<std::size_t>(i) : generator() % good.size();
                CAPTURE(key);
                CAPTURE(place);
                std::string bad = good;
                bad[place] = static_cast<char>(bad[place] ^ 1 << generator() % 8);
                family.store.replace(key, bad);
                std::string outcome;
                try {
                    outcome = family.store.pull(family.tuned);
                } catch (const Error& error) {
                    outcome = error.what();
                }
                // A bit may mean nothing: then the bytes are right.
                CHECK((outcome == family.tuned || outcome.starts_with(key)));
                found += outcome != family.tuned;
            }
            family.store.replace(key, good);
        }
        CHECK(found > 180);
        CHECK(family.store.pull(family.tuned) == family.tuned);
    }

    TEST_CASE("a blob of one name under the other's is found") {
        Family family;
        family.store.replace(family.tuned_blob, family.store.object(family.base_blob));
        CHECK_THROWS_WITH_AS(family.store.pull(family.tuned),
                             doctest::Contains("it is the blob of another name"), DamagedError);
    }

    TEST_CASE("a file is built in its folder, and nothing is left of one that fails") {
        Family family;
        ScratchFolder scratch;
        Pull pull(family.store.store(), TestStore::small_settings(), {});
        const auto build = [&](const std::string& file, std::uint64_t size) {
            return pull.pull(TestStore::oid(file), size, scratch / "partial", {}, [](std::uint64_t) {})
                ->complete();
        };
        const std::filesystem::path path = build(family.tuned, family.tuned.size());
        std::ifstream in(path, std::ios::binary);
        CHECK(std::string(std::istreambuf_iterator<char>(in), {}) == family.tuned);
        std::filesystem::remove(path);

        CHECK_THROWS_WITH_AS(build(family.base, 5), doctest::Contains("and the repository asks for 5"),
                             Error);
        std::string bad = family.store.object(family.base_blob);
        bad.back() = static_cast<char>(bad.back() ^ 1);
        family.store.replace(family.base_blob, bad);
        CHECK_THROWS_AS(build(family.base, family.base.size()), DamagedError);
        CHECK(std::filesystem::is_empty(scratch / "partial"));
    }

    TEST_CASE("in order and in any order, the same bytes are delivered") {
        Family family;
        Pull pull(family.store.store(), TestStore::small_settings(), {});
        std::string in_order;
        pull.read_in_order(family.store.store().recipe(TestStore::oid(family.tuned)),
                           [&](codec::ByteView bytes) { in_order += codec::as_text(bytes); });
        CHECK(in_order == family.tuned);
    }
}
