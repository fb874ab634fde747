#include "codec/frame/frame.hpp"

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

// A frame of 16-bit elements that moved by -2 to 2 units in the last place, most of them by none.
Bytes moved(Bytes bytes) {
    std::mt19937 generator(9);
    for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
        std::uint16_t element;
        std::memcpy(&element, &bytes[i], 2);
        element =
            static_cast<std::uint16_t>(element + (generator() % 3) * (generator() % 2) - generator() % 3 / 2);
        std::memcpy(&bytes[i], &element, 2);
    }
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
    const CodedFrame frame = round_trip(coder, moved(base), base, Dtype::bf16);
    CHECK(frame.method == Method::ulp);
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

namespace {

// Numbers of a normal distribution, as F32; as BF16 and F16 their upper halves will do.
Bytes weights(std::size_t count, unsigned seed) {
    std::mt19937 generator(seed);
    std::normal_distribution<float> normal(0, 0.02F);
    std::vector<float> numbers(count);
    for (float& number : numbers) number = normal(generator);
    const ByteView bytes = std::as_bytes(std::span(numbers));
    return {bytes.begin(), bytes.end()};
}

}  // namespace

TEST_CASE("numbers without a base are coded by their exponents") {
    FrameCoder coder;
    const Bytes raw = weights(frame_size / 4, 10);
    const CodedFrame frame = round_trip(coder, raw, {}, Dtype::f32);
    CHECK(frame.method == Method::exponent);
    CHECK(frame.stored.size() < raw.size() * 84 / 100);
    for (const Dtype dtype : {Dtype::f64, Dtype::bf16, Dtype::f16, Dtype::f8_e4m3, Dtype::f8_e5m2, Dtype::i8})
        round_trip(coder, ByteView(raw).first(100'001), {}, dtype);
}

TEST_CASE("numbers that repeat are found") {
    FrameCoder coder;
    const Bytes rows = weights(16'384, 11);
    Bytes raw;
    for (int i = 0; i < 32; ++i) raw.insert(raw.end(), rows.begin(), rows.end());
    CHECK(round_trip(coder, raw, {}, Dtype::f32).stored.size() < raw.size() / 20);
}

TEST_CASE("equal elements cost almost nothing") {
    FrameCoder coder;
    Bytes raw(frame_size);
    for (std::size_t i = 0; i < raw.size(); i += 8) raw[i + 7] = std::byte{0x3f};
    for (const Dtype dtype : {Dtype::f64, Dtype::i64, Dtype::u8})
        CHECK(round_trip(coder, dtype == Dtype::u8 ? Bytes(frame_size, std::byte{3}) : raw, {}, dtype)
                  .stored.size() < 64);
    CHECK(round_trip(coder, Bytes(4097), {}, Dtype::bf16).stored.size() < 16);
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

namespace {

// Every bit of a stored frame turned round, one at a time.
void damage(FrameCoder& coder, const CodedFrame& good, ByteView raw, ByteView base, Dtype dtype) {
    Bytes decoded(raw.size());
    for (std::size_t bit = 0; bit < 8 * good.stored.size(); ++bit) {
        Bytes stored = good.stored;
        stored[bit / 8] ^= std::byte(1U << bit % 8);
        try {
            coder.decode(good.method, stored, base, dtype, good.checksum, decoded);
            CHECK(std::ranges::equal(decoded, raw));  // a bit that means nothing
        } catch (const CorruptError&) {
        }
    }
    for (std::size_t size = 0; size < good.stored.size(); size += 7)
        CHECK_THROWS_AS(
            coder.decode(good.method, ByteView(good.stored).first(size), base, dtype, good.checksum, decoded),
            CorruptError);
    if (uses_base(good.method))
        CHECK_THROWS_AS(coder.decode(good.method, good.stored, raw, dtype, good.checksum, decoded),
                        CorruptError);
}

}  // namespace

TEST_CASE("a damaged frame is corrupt, never a wrong byte") {
    FrameCoder coder;
    const Bytes base = random_bytes(5000, 8);
    const Bytes raw = moved(base);
    const CodedFrame ulp = coder.encode(raw, base, Dtype::bf16);
    REQUIRE(ulp.method == Method::ulp);
    damage(coder, ulp, raw, base, Dtype::bf16);

    Bytes text(4000);  // XOR with the base gives a short cycle, which zstd finds
    for (std::size_t i = 0; i < text.size(); ++i) text[i] = base[i] ^ std::byte(i % 50 * 5);
    const CodedFrame bitx = coder.encode(text, ByteView(base).first(4000), Dtype::i32);
    REQUIRE(bitx.method == Method::bitx);
    damage(coder, bitx, text, ByteView(base).first(4000), Dtype::i32);

    const CodedFrame solo = coder.encode(weights(1250, 12), {}, Dtype::f32, {.row_length = 50});
    REQUIRE(solo.method == Method::exponent);
    damage(coder, solo, weights(1250, 12), {}, Dtype::f32);

    Bytes decoded(raw.size());
    CHECK_THROWS_AS(coder.decode(Method{200}, ulp.stored, base, Dtype::bf16, ulp.checksum, decoded),
                    UnsupportedError);
}
