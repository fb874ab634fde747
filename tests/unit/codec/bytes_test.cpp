#include "codec/bytes.hpp"

#include <doctest/doctest.h>

using namespace bitx::codec;

TEST_CASE("what ByteWriter writes, Cursor reads") {
    ByteWriter writer;
    writer.integer(std::uint32_t{0x01020304});
    for (const std::uint64_t value : {std::uint64_t{0}, std::uint64_t{127}, std::uint64_t{128}, UINT64_MAX})
        writer.varint(value);
    Cursor cursor(writer.view());
    CHECK(cursor.integer<std::uint32_t>() == 0x01020304);
    for (const std::uint64_t value : {std::uint64_t{0}, std::uint64_t{127}, std::uint64_t{128}, UINT64_MAX})
        CHECK(cursor.varint() == value);
    CHECK_NOTHROW(cursor.expect_end());
}

TEST_CASE("a cursor refuses to read past the end") {
    const Bytes three(3);
    Cursor cursor(three);
    CHECK_THROWS_AS(cursor.integer<std::uint32_t>(), CorruptError);
    CHECK_THROWS_AS(cursor.take(UINT64_MAX), CorruptError);
    CHECK(cursor.take(3).size() == 3);
    CHECK_THROWS_AS(cursor.varint(), CorruptError);
}

TEST_CASE("a varint has one form and at most 64 bits") {
    const auto bytes = [](std::initializer_list<int> values) {
        Bytes result;
        for (const int value : values) result.push_back(std::byte(value));
        return result;
    };
    CHECK_THROWS_AS(Cursor(bytes({0x80, 0x00})).varint(), CorruptError);
    CHECK_THROWS_AS(Cursor(bytes({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02})).varint(),
                    CorruptError);
    CHECK_THROWS_AS(Cursor(bytes({0x85, 0x01})).varint_up_to(100, "a count"), CorruptError);
}

TEST_CASE("left-over bytes are corrupt") {
    const Bytes one(1);
    CHECK_THROWS_AS(Cursor(one).expect_end(), CorruptError);
}
