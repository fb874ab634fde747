#include "codec/frame/frequencies.hpp"

#include <algorithm>
#include <bit>
#include <numeric>
#include <vector>

#include "codec/kernel/clones.hpp"

namespace bitx::codec {
namespace {

constexpr std::array<std::uint32_t, max_level + 1> level_weights = [] {
    std::array<std::uint32_t, max_level + 1> weights{};
    for (unsigned level = 0; level <= max_level; ++level) weights[level] = level_weight(level);
    return weights;
}();

// Divides by one number many times, exactly as long as dividend * divisor < 2^64: the reciprocal is too large
// by less than 2^-64, so the quotient by less than 1 / divisor (Granlund and Montgomery, "Division by
// invariant integers using multiplication", 1994).
class Divisor {
  public:
    explicit Divisor(std::uint64_t divisor) : reciprocal_(~std::uint64_t{0} / divisor + 1) {}

    std::uint64_t divide(std::uint64_t dividend) const {
        return static_cast<std::uint64_t>(static_cast<Wide>(dividend) * reciprocal_ >> 64);
    }

  private:
    __extension__ using Wide = unsigned __int128;

    std::uint64_t reciprocal_;
};

std::uint8_t nearest_level(std::uint32_t weight) {
    if (weight < 3) return 1;
    if (weight < 4) return 2;
    // levels 2 + 4 o to 5 + 4 o stand for 4, 5, 6, 7 times 2^o
    const auto octave = static_cast<unsigned>(std::bit_width(weight)) - 3;
    const std::uint32_t rounded = octave == 0 ? weight : (weight + (1U << (octave - 1))) >> octave;
    return static_cast<std::uint8_t>(2 + 4 * octave + (rounded - 4));
}

}  // namespace

Levels levels_of(std::span<const std::uint32_t> counts) {
    Levels levels{};
    const auto total = std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
    const Divisor divisor(std::max<std::uint64_t>(total, 2));
    unsigned present = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        if (counts[i] == 0) continue;
        ++present;
        // one slot is the symbol's own
        const std::uint64_t weight =
            divisor.divide(std::uint64_t{counts[i]} << (kernel::probability_bits + 2));
        levels[i] = nearest_level(static_cast<std::uint32_t>(weight < 4 ? 0 : weight - 4));
    }
    for (std::size_t i = 0; present < 2; ++i)
        if (levels[i] == 0) {
            levels[i] = 1;
            ++present;
        }
    if (std::ranges::all_of(levels, [](std::uint8_t level) { return level < 2; }))
        for (std::uint8_t& level : levels)
            if (level == 1) level = 2;
    return levels;
}

bool frequencies_of(std::span<const std::uint8_t> levels, Frequencies& frequencies) {
    frequencies.fill(0);
    while (!levels.empty() && levels.back() == 0) levels = levels.first(levels.size() - 1);
    std::uint32_t present = 0;
    std::uint64_t weights = 0;
    for (const std::uint8_t level : levels) {
        present += level > 0;
        weights += level_weights[level];
    }
    if (present < 2 || weights == 0) return false;
    const Divisor divisor(weights);
    const std::uint64_t shared = kernel::probability_one - present;
    std::uint64_t before = 0;
    std::uint64_t start = 0;
    for (std::size_t i = 0; i < levels.size(); ++i) {
        before += level_weights[levels[i]];
        const std::uint64_t end = divisor.divide(shared * before);
        frequencies[i] = static_cast<std::uint16_t>((levels[i] > 0) + end - start);
        start = end;
    }
    return true;
}

void build(const Frequencies& frequencies, kernel::EncodeTable& table) {
    std::uint32_t start = 0;
    for (std::size_t i = 0; i < table.size(); ++i) {
        table[i] = frequencies[i] | start << 16;
        start += frequencies[i];
    }
}

// Runs are written 16 slots at a time, past their end, where the next one overwrites them.
BITX_CLONES void build(const Frequencies& frequencies, kernel::DecodeTable& table) {
    constexpr std::size_t step = 16;
    std::size_t slot = 0;
    for (std::uint32_t symbol = 0; symbol < frequencies.size(); ++symbol) {
        const std::size_t end = slot + frequencies[symbol];
        std::uint32_t entry = symbol | std::uint32_t{frequencies[symbol]} << 8;
        for (; slot < end && slot + step <= table.size(); slot += step, entry += step << 20)
            for (std::size_t i = 0; i < step; ++i)
                table[slot + i] = entry + (static_cast<std::uint32_t>(i) << 20);
        for (; slot < end; ++slot, entry += 1U << 20) table[slot] = entry;
        slot = end;
    }
}

}  // namespace bitx::codec
