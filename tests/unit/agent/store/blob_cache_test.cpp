#include "agent/store/blob_cache.hpp"

#include <doctest/doctest.h>

#include "tests/unit/agent/scratch.hpp"

using namespace bitx;
using namespace bitx::agent;

namespace {

std::string text(const std::optional<codec::Bytes>& bytes) {
    return bytes ? std::string(codec::as_text(*bytes)) : "absent";
}

}  // namespace

TEST_CASE("what is written is read, until it is forgotten") {
    ScratchFolder scratch;
    BlobCache cache(scratch / "store", 1000);
    CHECK(text(cache.read("blob", "part")) == "absent");
    cache.write("blob", "part", codec::as_bytes("bytes"));
    CHECK(text(cache.read("blob", "part")) == "bytes");
    CHECK(text(cache.read("blob", "other")) == "absent");
    CHECK(cache.forget("blob"));
    CHECK(!cache.forget("blob"));
    CHECK(text(cache.read("blob", "part")) == "absent");
}

TEST_CASE("what was not used for longest goes, when there is more than the limit") {
    ScratchFolder scratch;
    const std::string hundred(100, 'x');
    const auto now = std::filesystem::file_time_type::clock::now();
    {
        BlobCache cache(scratch / "store", 1000);
        for (int i = 0; i < 12; ++i) {
            const std::string blob = "blob" + std::to_string(i);
            cache.write(blob, "part", codec::as_bytes(hundred));
            std::filesystem::last_write_time(scratch / "store" / blob / "part",
                                             now - std::chrono::hours(100 - i));
            if (i == 0) CHECK(cache.read(blob, "part"));  // used now
        }
        cache.write("large", "part", codec::as_bytes(std::string(500, 'x')));  // would drive out half
    }
    BlobCache cache(scratch / "store", 1000);
    CHECK(cache.read("blob0", "part"));
    CHECK(!cache.read("blob1", "part"));
    CHECK(cache.read("blob11", "part"));
    CHECK(!cache.read("large", "part"));
    std::size_t left = 0;
    for (const auto& entry : std::filesystem::directory_iterator(scratch / "store"))
        left += std::filesystem::exists(entry.path() / "part") ? 1 : 0;
    CHECK(left == 10);
}

TEST_CASE("a limit of nothing keeps nothing") {
    ScratchFolder scratch;
    BlobCache cache(scratch / "store", 0);
    cache.write("blob", "part", codec::as_bytes("x"));
    CHECK(!cache.read("blob", "part"));
}
