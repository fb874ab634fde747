#include "agent/git/lfs_pointer.hpp"

#include <doctest/doctest.h>

using namespace bitx::agent;

namespace {
const std::string version = "version https://git-lfs.github.com/spec/v1\n";
const std::string oid(64, 'a');
const std::string oid_line = "oid sha256:" + oid + "\n";
}  // namespace

TEST_CASE("a pointer names an object and its size") {
    CHECK(parse_lfs_pointer(version + oid_line + "size 12345\n") == LfsPointer{oid, 12345});
    CHECK(parse_lfs_pointer(version + oid_line + "size 12345") == LfsPointer{oid, 12345});
    CHECK(
        parse_lfs_pointer("version https://hawser.github.com/spec/v1\n" + oid_line + "size 1\n").has_value());
}

TEST_CASE("extensions, blank lines and CRLF are tolerated, as git-lfs does") {
    CHECK(parse_lfs_pointer(version + "ext-0-foo sha256:" + oid + "\n" + oid_line + "size 1\n").has_value());
    CHECK(parse_lfs_pointer(version + "\n" + oid_line + "size 1\n\n").has_value());
    CHECK(parse_lfs_pointer("version https://git-lfs.github.com/spec/v1\r\noid sha256:" + oid +
                            "\r\nsize 1\r\n")
              .has_value());
}

TEST_CASE("anything else is no pointer") {
    for (const std::string& text :
         {std::string(), std::string("weights"), version, version + oid_line, oid_line + version + "size 1\n",
          version + "oid sha256:" + std::string(63, 'a') + "\nsize 1\n",
          version + "oid sha256:" + std::string(64, 'A') + "\nsize 1\n",
          version + "oid md5:" + oid + "\nsize 1\n", version + oid_line + "size -1\n",
          version + oid_line + "size 1x\n", version + oid_line + "size \n",
          version + oid_line + "size 99999999999999999999\n", version + oid_line + "size 1\nmore 2\n",
          version + "other line\n" + oid_line + "size 1\n",
          std::string("version https://example.com/v9\n") + oid_line + "size 1\n",
          version + oid_line + "size 1\n" + std::string(1024, '\n')}) {
        CAPTURE(text);
        CHECK_FALSE(parse_lfs_pointer(text).has_value());
    }
}
