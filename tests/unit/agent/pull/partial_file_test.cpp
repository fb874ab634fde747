#include "agent/pull/partial_file.hpp"

#include <doctest/doctest.h>

#include "tests/unit/agent/scratch.hpp"

using namespace bitx;
using namespace bitx::agent;

namespace {

constexpr std::uint64_t part_size = 1 << 20;

codec::Bytes filled(char value) {
    return codec::Bytes(part_size, static_cast<std::byte>(value));
}

}  // namespace

TEST_CASE("what one process did, the next one finds, and checks") {
    ScratchFolder scratch;
    {
        PartialFile partial(scratch.path(), "name", 4 * part_size, {});
        CHECK(partial.parts().empty());
        partial.write(0, filled('a'));
        partial.write(2 * part_size, filled('b'));
        partial.write_unchecked(part_size, filled('c'));
    }
    {
        std::fstream file(scratch / "name", std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(2 * part_size + 7);
        file.put('x');
        std::ofstream(scratch / "name.journal", std::ios::app) << "3145728 1048576 1";  // a crash cut it off
    }
    PartialFile partial(scratch.path(), "name", 4 * part_size, {});
    REQUIRE(partial.parts().size() == 2);
    CHECK(partial.holds(partial.parts()[0]));
    CHECK(!partial.holds(partial.parts()[1]));
    partial.write(2 * part_size, filled('b'));
    const std::filesystem::path path = partial.complete();
    CHECK(std::filesystem::file_size(path) == 4 * part_size);
    CHECK(!std::filesystem::exists(scratch / "name"));
    CHECK(!std::filesystem::exists(scratch / "name.journal"));
}

TEST_CASE("while one process builds a file, another builds its own") {
    ScratchFolder scratch;
    PartialFile first(scratch.path(), "name", part_size, {});
    {
        PartialFile second(scratch.path(), "name", part_size, {});
        second.write(0, filled('b'));
        first.write(0, filled('a'));
    }
    codec::Bytes bytes(1);
    first.read(0, bytes);
    CHECK(bytes[0] == std::byte{'a'});
    CHECK(first.complete() != scratch / "name");
}

TEST_CASE("nothing is left where nothing was done, and a journal without its file says nothing") {
    ScratchFolder scratch;
    { PartialFile partial(scratch.path(), "name", part_size, {}); }
    CHECK(std::filesystem::is_empty(scratch.path()));
    { PartialFile(scratch.path(), "name", part_size, {}).write(0, filled('a')); }
    std::filesystem::remove(scratch / "name");
    CHECK(PartialFile(scratch.path(), "name", part_size, {}).parts().empty());
}

TEST_CASE("what dead processes left goes: after an hour, and what can be gone on with after a week") {
    ScratchFolder scratch;
    const auto now = std::filesystem::file_time_type::clock::now();
    for (const auto& [name, hours] : {std::pair{"a-1", 2}, {"b-1", 0}, {"c", 24}, {"d", 24 * 8}}) {
        write_file(scratch / name, "x");
        std::filesystem::last_write_time(scratch / name, now - std::chrono::hours(hours));
    }
    remove_stale_files(scratch.path());
    CHECK(!std::filesystem::exists(scratch / "a-1"));
    CHECK(std::filesystem::exists(scratch / "b-1"));
    CHECK(std::filesystem::exists(scratch / "c"));
    CHECK(!std::filesystem::exists(scratch / "d"));
}
