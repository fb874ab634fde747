#include "codec/frame.hpp"

#include <random>

#include <doctest/doctest.h>

#include "codec/hash.hpp"

using namespace bitx::codec;

namespace {

Bytes random_bytes(std::size_t size, unsigned seed) {
    std::mt19937 generator(seed);
    Bytes bytes(size);
    for (auto& byte : bytes) byte = std::byte(generator() & 0xff);
    return bytes;
}

// A frame whose elements differ from `base` in the low bits of their first byte.
Bytes tuned(Bytes bytes, unsigned element_width) {
    std::mt19937 generator(7);
    for (std::size_t i = 0; i < bytes.size(); i += element_width) bytes[i] ^= std::byte(generator() & 3);
    return bytes;
}

CodedFrame round_trip(FrameCoder& coder, ByteView raw, ByteView base, Dtype dtype) {
    CodedFrame frame = coder.encode(raw, base, dtype);
    CHECK(frame.stored.size() <= raw.size());
    Bytes decoded(raw.size());
    coder.decode(frame.method, frame.stored, base, dtype, frame.checksum, decoded);
    CHECK(std::ranges::equal(decoded, raw));
    return frame;
}

}  // namespace

TEST_CASE("every dtype and size comes back, with a base of every length") {
    FrameCoder coder;
    for (std::uint8_t d = 0; d < dtype_count; ++d) {
        for (const std::size_t size : {1, 2, 7, 8, 9, 4096, 4099}) {
            CAPTURE(int(d));
            CAPTURE(size);
            const auto dtype = static_cast<Dtype>(d);
            const Bytes base = random_bytes(size, 1);
            const Bytes raw = tuned(base, width(dtype));
            round_trip(coder, raw, {}, dtype);
            round_trip(coder, raw, base, dtype);
            round_trip(coder, raw, ByteView(base).first(size / 2), dtype);
            round_trip(coder, raw, random_bytes(size + 3, 2), dtype);
        }
    }
}

TEST_CASE("a frame near its base is coded against it") {
    FrameCoder coder;
    const Bytes base = random_bytes(frame_size, 3);
    const CodedFrame frame = round_trip(coder, tuned(base, 2), base, Dtype::bf16);
    CHECK(frame.method == Method::bitx);
    CHECK(frame.stored.size() < frame_size / 4);
}

TEST_CASE("a frame equal to its base costs almost nothing") {
    FrameCoder coder;
    const Bytes base = random_bytes(frame_size, 3);
    CHECK(round_trip(coder, base, base, Dtype::f32).stored.size() < 64);
}

TEST_CASE("an unrelated base is not used, and noise is stored raw") {
    FrameCoder coder;
    const CodedFrame frame =
        round_trip(coder, random_bytes(100'000, 4), random_bytes(100'000, 5), Dtype::bf16);
    CHECK(frame.method == Method::raw);
}

TEST_CASE("bytes without elements find what the base already says") {
    FrameCoder coder;
    const Bytes base = random_bytes(50'000, 6);
    Bytes raw = base;
    raw.insert(raw.begin() + 10'000, std::byte{42});
    const CodedFrame frame = round_trip(coder, raw, base, Dtype::bytes);
    CHECK(frame.method == Method::prefix);
    CHECK(frame.stored.size() < 200);
}

TEST_CASE("a damaged frame is corrupt, never a wrong byte") {
    FrameCoder coder;
    const Bytes base = random_bytes(5000, 8);
    const Bytes raw = tuned(base, 2);
    const CodedFrame good = coder.encode(raw, base, Dtype::bf16);
    REQUIRE(good.method == Method::bitx);
    Bytes decoded(raw.size());
    for (std::size_t bit = 0; bit < 8 * good.stored.size(); ++bit) {
        Bytes stored = good.stored;
        stored[bit / 8] ^= std::byte(1U << bit % 8);
        try {
            coder.decode(good.method, stored, base, Dtype::bf16, good.checksum, decoded);
            CHECK(decoded == raw);  // a bit that means nothing
        } catch (const CorruptError&) {
        }
    }
    CHECK_THROWS_AS(
        coder.decode(good.method, ByteView(good.stored).first(10), base, Dtype::bf16, good.checksum, decoded),
        CorruptError);
    CHECK_THROWS_AS(coder.decode(good.method, good.stored, raw, Dtype::bf16, good.checksum, decoded),
                    CorruptError);
    CHECK_THROWS_AS(coder.decode(Method{200}, good.stored, base, Dtype::bf16, good.checksum, decoded),
                    UnsupportedError);
}
