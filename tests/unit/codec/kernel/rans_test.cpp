#include "codec/kernel/rans.hpp"

#include <random>
#include <vector>

#include <doctest/doctest.h>

#include "codec/frame/frequencies.hpp"
#include "codec/kernel/simd.hpp"
#include "codec/kernel/token.hpp"

using namespace bitx::codec;
using namespace bitx::codec::kernel;

namespace {

struct Implementation {
    const char* name;
    decltype(&scalar::rans_decode) decode;
    decltype(&scalar::rans_encode) encode;
};

// Those that this machine can run.
std::vector<Implementation> implementations() {
    std::vector<Implementation> all = {{"scalar", scalar::rans_decode, scalar::rans_encode}};
#if defined(__x86_64__)
    if (simd() >= Simd::avx2) all.push_back({"avx2", avx2::rans_decode, avx2::rans_encode});
    if (simd() >= Simd::avx512) all.push_back({"avx512", avx512::rans_decode, avx512::rans_encode});
#elif defined(__aarch64__)
    if (simd() == Simd::neon) all.push_back({"neon", neon::rans_decode, neon::rans_encode});
#endif
    return all;
}

constexpr unsigned table_count = 5;

struct Input {
    unsigned mantissa = 0;
    unsigned lanes = rans_lanes;
    std::vector<std::uint32_t> differences;
    std::vector<std::uint8_t> tokens;
    std::vector<std::uint8_t> contexts;
    std::vector<EncodeTable> encode_tables{table_count};
    std::vector<DecodeTable> decode_tables{table_count};
};

// Differences of very different sizes: each context has another number of bits.
Input input(std::size_t count, unsigned bits, unsigned lanes = rans_lanes, bool whole = false) {
    std::mt19937_64 generator(count + bits);
    Input in;
    in.lanes = lanes;
    in.mantissa = whole ? whole_tokens : token_mantissa(bits / 8);
    std::vector<std::array<std::uint32_t, tokens_per_table>> counts(table_count);
    for (std::size_t i = 0; i < count; ++i) {
        const auto context = static_cast<std::uint8_t>(generator() % table_count);
        const auto shift = static_cast<unsigned>(generator() % (context * bits / (table_count - 1) + 1));
        const auto z = static_cast<std::uint32_t>(generator() & ((std::uint64_t{1} << shift) - 1));
        in.contexts.push_back(context);
        in.differences.push_back(z);
        in.tokens.push_back(static_cast<std::uint8_t>(token_of(z, in.mantissa)));
        ++counts[context][in.tokens.back()];
    }
    for (unsigned t = 0; t < table_count; ++t) {
        counts[t][0] += 1;
        Frequencies frequencies;
        REQUIRE(frequencies_of(levels_of(counts[t]), frequencies));
        build(frequencies, in.encode_tables[t]);
        build(frequencies, in.decode_tables[t]);
    }
    return in;
}

struct Stream {
    RansStates states;
    std::vector<std::uint16_t> words;
};

// In blocks of 96 elements, as a frame is coded in blocks.
Stream encode(const Input& in, const Implementation& with) {
    constexpr std::size_t block = 96;
    std::vector<std::uint16_t> words(3 * in.tokens.size() + 16);
    RansEncoder encoder;
    encoder.lanes = in.lanes;
    encoder.next = words.data() + words.size();
    for (std::size_t end = in.tokens.size(); end > 0;) {
        const std::size_t first = (end - 1) / block * block;
        with.encode(encoder, in.encode_tables.data(), &in.contexts[first], &in.tokens[first],
                    &in.differences[first], end - first, in.mantissa);
        end = first;
    }
    return {encoder.states, {encoder.next, words.data() + words.size()}};
}

struct Decoded {
    std::vector<std::uint32_t> differences;
    RansStates states;
    std::ptrdiff_t words = 0;  ///< that were taken

    bool operator==(const Decoded&) const = default;
};

// In an allocation of just the words that a decoder may look at: more would be past its end.
Decoded decode(const Input& in, const Stream& stream, const Implementation& with) {
    constexpr std::size_t block = 64;
    std::vector<std::uint16_t> words = stream.words;
    words.resize(std::max(words.size(), 3 * in.tokens.size()) + rans_look_ahead);
    const auto* const first_word = reinterpret_cast<const std::byte*>(words.data());
    RansDecoder decoder{stream.states, in.lanes, first_word};
    Decoded decoded{std::vector<std::uint32_t>(in.tokens.size()), {}, 0};
    for (std::size_t first = 0; first < in.tokens.size(); first += block)
        with.decode(decoder, in.decode_tables.data(), &in.contexts[first],
                    std::min(block, in.tokens.size() - first), in.mantissa, &decoded.differences[first]);
    decoded.states = decoder.states;
    decoded.words = (decoder.next - first_word) / 2;
    return decoded;
}

}  // namespace

TEST_CASE("every implementation writes the same stream and reads it back") {
    for (const unsigned bits : {8U, 16U, 32U, 0U})
        for (const std::size_t count : {1, 31, 32, 33, 1000, 20000})
            for (const unsigned lanes : {1U, 4U, 8U, 16U, 32U}) {
                const Input in = bits == 0 ? input(count, 8, lanes, true) : input(count, bits, lanes);
                const Stream expected = encode(in, implementations()[0]);
                for (const Implementation& with : implementations()) {
                    CAPTURE(with.name);
                    CAPTURE(bits);
                    CAPTURE(count);
                    CAPTURE(lanes);
                    const Stream stream = encode(in, with);
                    CHECK(stream.states == expected.states);
                    CHECK(stream.words == expected.words);
                    const Decoded decoded = decode(in, stream, with);
                    CHECK(decoded.differences == in.differences);
                    CHECK(decoded.words == static_cast<std::ptrdiff_t>(stream.words.size()));
                    for (const std::uint32_t state : decoded.states) CHECK(state == rans_low);
                }
            }
}

TEST_CASE("a stream of any words decodes alike everywhere, and takes at most three words an element") {
    std::mt19937 generator(3);
    for (const std::size_t words : {0, 1, 900, 9000}) {
        const Input in = input(3000, 32, 8U << words % 3);
        Stream noise;
        for (std::uint32_t& state : noise.states) state = static_cast<std::uint32_t>(generator());
        for (std::size_t i = 0; i < words; ++i)
            noise.words.push_back(static_cast<std::uint16_t>(generator()));
        const Decoded expected = decode(in, noise, implementations()[0]);
        CHECK(expected.words <= static_cast<std::ptrdiff_t>(3 * in.tokens.size()));
        for (const Implementation& with : implementations()) {
            CAPTURE(with.name);
            CAPTURE(words);
            CHECK(decode(in, noise, with) == expected);
        }
    }
}
