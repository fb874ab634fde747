#include "codec/format/chunker.hpp"

#include <algorithm>
#include <array>

namespace bitx::codec {
namespace {

// The hash of a position p, after p bytes, is  h(p) = sum over k in 0..63 of gear[byte[p - 1 - k]] << k,
// modulo 2^64: each byte leaves it 64 steps after it came in. A position is a cut where h(p) is below a
// threshold that is strict up to the average size and lax from there on (normalised chunking, level 2), so
// that sizes gather around the average: 2.4 MiB as measured, and the 8 MiB limit is reached by bytes that
// repeat only.
constexpr std::size_t window = 64;
constexpr std::uint64_t strict_threshold = std::uint64_t{1} << (64 - 23);
constexpr std::uint64_t lax_threshold = std::uint64_t{1} << (64 - 19);
static_assert(std::uint64_t{1} << 21 == Chunker::average_size);

// gear[i] is output i of SplitMix64 with seed 0 (Steele, Lea, Flood, OOPSLA 2014; the constants are those of
// https://prng.di.unimi.it/splitmix64.c). Which table it is does not matter to a reader of a store, only to
// finding the same chunks again: never change it.
constexpr std::array<std::uint64_t, 256> make_gear() {
    std::array<std::uint64_t, 256> table{};
    std::uint64_t state = 0;
    for (std::uint64_t& entry : table) {
        state += 0x9e3779b97f4a7c15;
        std::uint64_t mixed = state;
        mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
        entry = mixed ^ (mixed >> 31);
    }
    return table;
}
constexpr auto gear = make_gear();

// Within a run of one byte value the hash is -gear[value]. None of them is a cut, so that a run is cut into
// chunks of the largest size, which are all equal.
static_assert(std::ranges::none_of(gear, [](std::uint64_t entry) { return 0 - entry < lax_threshold; }));

}  // namespace

std::size_t Chunker::first_chunk(ByteView bytes) {
    const std::size_t end = std::min(bytes.size(), max_size);
    if (end <= min_size) return end;

    std::uint64_t hash = 0;
    std::size_t position = min_size - window;
    const auto roll = [&] { hash = (hash << 1) + gear[std::to_integer<std::size_t>(bytes[position++])]; };
    const auto cut_before = [&](std::size_t limit, std::uint64_t threshold) {
        while (position < limit) {
            if (hash < threshold) return true;
            roll();
        }
        return false;
    };

    while (position < min_size) roll();
    if (cut_before(std::min(end, average_size), strict_threshold)) return position;
    if (cut_before(end, lax_threshold)) return position;
    return end;
}

}  // namespace bitx::codec
