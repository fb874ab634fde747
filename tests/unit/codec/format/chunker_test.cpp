#include "codec/format/chunker.hpp"

#include <unordered_set>

#include <doctest/doctest.h>

#include "codec/hash.hpp"

using namespace bitx::codec;

namespace {

// Bytes without any structure, the same ones on every machine (xorshift64*).
Bytes noise(std::size_t size, std::uint64_t seed = 1) {
    Bytes bytes(size + 7);
    for (std::size_t i = 0; i < size; i += 8) {
        seed ^= seed >> 12;
        seed ^= seed << 25;
        seed ^= seed >> 27;
        const std::uint64_t word = seed * 0x2545f4914f6cdd1d;
        std::memcpy(&bytes[i], &word, sizeof word);
    }
    bytes.resize(size);
    return bytes;
}

std::vector<ByteView> chunks(ByteView bytes) {
    std::vector<ByteView> result;
    while (!bytes.empty()) {
        const std::size_t length =
            Chunker::first_chunk(bytes.first(std::min(bytes.size(), Chunker::max_size)));
        REQUIRE(length > 0);
        result.push_back(bytes.first(length));
        bytes = bytes.subspan(length);
    }
    return result;
}

// Bytes of `after` that lie in no chunk of `before`.
std::size_t new_bytes(ByteView before, ByteView after) {
    std::unordered_set<Digest, DigestHash> known;
    for (const ByteView chunk : chunks(before)) known.insert(Sha256::of(chunk));
    std::size_t count = 0;
    for (const ByteView chunk : chunks(after))
        if (!known.contains(Sha256::of(chunk))) count += chunk.size();
    return count;
}

}  // namespace

TEST_CASE("what is shorter than the smallest chunk is one chunk") {
    CHECK(Chunker::first_chunk({}) == 0);
    CHECK(Chunker::first_chunk(noise(1)) == 1);
    CHECK(Chunker::first_chunk(noise(Chunker::min_size - 1)) == Chunker::min_size - 1);
    CHECK(Chunker::first_chunk(noise(Chunker::min_size)) == Chunker::min_size);
}

TEST_CASE("chunks keep their bounds and gather around the average") {
    const Bytes bytes = noise(200 << 20);
    const auto all = chunks(bytes);
    for (std::size_t i = 0; i + 1 < all.size(); ++i) {
        CHECK(all[i].size() >= Chunker::min_size);
        CHECK(all[i].size() < Chunker::max_size);
    }
    const std::size_t mean = bytes.size() / all.size();
    CHECK(mean > Chunker::average_size);
    CHECK(mean < Chunker::average_size * 5 / 4);
}

TEST_CASE("cuts are part of what makes two stores equal: they never change") {
    const Bytes bytes = noise(16 << 20);
    std::vector<std::size_t> sizes;
    for (const ByteView chunk : chunks(bytes)) sizes.push_back(chunk.size());
    const std::vector<std::size_t> by_a_second_implementation = {2895545, 2537726, 2293428, 2205271,
                                                                 2113883, 2385689, 2345674};
    CHECK(sizes == by_a_second_implementation);
}

TEST_CASE("a cut depends on the bytes of its chunk only, not on what follows or on the buffer's end") {
    const Bytes bytes = noise(Chunker::max_size);
    const std::size_t length = Chunker::first_chunk(bytes);
    REQUIRE(length < Chunker::max_size);
    CHECK(Chunker::first_chunk(ByteView(bytes).first(length)) == length);
    CHECK(Chunker::first_chunk(ByteView(bytes).first(length + 1)) == length);
    CHECK(Chunker::first_chunk(ByteView(bytes).first(length - 1)) == length - 1);
    const Bytes moved(bytes.begin(), bytes.end());
    CHECK(Chunker::first_chunk(moved) == length);
}

TEST_CASE("one byte inserted or removed in 100 MB makes few bytes new") {
    const Bytes before = noise(100'000'000);
    const std::ptrdiff_t last = std::ssize(before) - 1;
    for (const std::ptrdiff_t where : {std::ptrdiff_t{0}, std::ptrdiff_t{1}, last / 2, last}) {
        CAPTURE(where);
        Bytes longer = before;
        longer.insert(longer.begin() + where, std::byte{42});
        CHECK(new_bytes(before, longer) < 20'000'000);
        Bytes shorter = before;
        shorter.erase(shorter.begin() + where);
        CHECK(new_bytes(before, shorter) < 20'000'000);
    }
}

TEST_CASE("a run of any one byte value is cut at the largest size, into equal chunks") {
    for (int value = 0; value < 256; ++value) {
        const Bytes run(Chunker::max_size, std::byte(value));
        CHECK(Chunker::first_chunk(run) == Chunker::max_size);
    }
}
