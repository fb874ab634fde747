#include "codec/frame/ulp_tables.hpp"

#include <algorithm>
#include <bit>
#include <numeric>

#include "codec/frame/log2.hpp"
#include "codec/frame/symbol_string.hpp"
#include "codec/kernel/token.hpp"

namespace bitx::codec {
namespace {

// What a distribution costs, in units of 2^-16 bits.
struct TableCost {
    std::uint64_t tokens = 0;  // of what was counted
    std::uint64_t table = 0;   // to send, on the average

    std::uint64_t all() const { return tokens + table; }
    TableCost& operator+=(const TableCost& other) {
        tokens += other.tokens;
        table += other.table;
        return *this;
    }
};

// A distribution stored as what sets it apart from a Laplace distribution, which moves about as far.
struct LaplaceTable {
    unsigned last = 0;   // the last token that may occur
    unsigned scale = 0;  // of the Laplace distribution, in quarter octaves
    Levels levels{};
    TableCost cost;
    TableCost cost_of_levels;  // of the table that is stored by its levels
};

// A scale of this is a mean difference of one unit.
constexpr int scale_of_one = 32;
constexpr int max_scale = 255;

// Quarter octaves from one unit to a token's magnitude, which is not 0, rounded down; the magnitude in the
// middle of what the token stands for. Integer arithmetic alone: it decides levels.
constexpr int magnitude_of(unsigned token, unsigned mantissa) {
    const unsigned h = (token >> 1) + (token & 1);
    const unsigned exponent = h >> mantissa;
    const unsigned leading = exponent == 0 ? h : (h & ((1U << mantissa) - 1)) | 1U << mantissa;
    const unsigned doubled = 2 * leading + (exponent > 1 ? 1 : 0);
    const auto octave = static_cast<unsigned>(std::bit_width(doubled)) - 1;
    const unsigned fraction = (doubled << 8 >> octave) & 255;
    const int quarters = fraction < 48 ? 0 : fraction < 106 ? 1 : fraction < 175 ? 2 : 3;
    return 4 * (static_cast<int>(octave) - 1 + static_cast<int>(exponent > 1 ? exponent - 1 : 0)) + quarters;
}

using Magnitudes = std::array<std::int16_t, kernel::tokens_per_table>;
constexpr Magnitudes magnitudes_of(unsigned mantissa) {
    Magnitudes magnitudes{};
    for (unsigned t = 1; t < magnitudes.size(); ++t)
        magnitudes[t] = static_cast<std::int16_t>(magnitude_of(t, mantissa));
    return magnitudes;
}
constexpr std::array<Magnitudes, 2> magnitudes_by_mantissa = {magnitudes_of(2), magnitudes_of(3)};

// How many quarter octaves the density falls from 0 to `distance` quarter octaves past the mean: 4 log2(e)
// 2^(distance / 4).
int fall(int distance) {
    static constexpr std::array<int, 4> sixteenths = {92, 110, 131, 155};
    const int octaves = distance >> 2;
    const int base = sixteenths[static_cast<unsigned>(distance & 3)];
    if (octaves >= 6) return 64 * base / 16;
    return octaves >= 0 ? (base << octaves) / 16 : base >> std::min(-octaves, 12) >> 4;
}

// The number of tokens up to the last that occurs.
unsigned used(std::span<const std::uint8_t> levels) {
    auto count = static_cast<unsigned>(levels.size());
    while (count > 0 && levels[count - 1] == 0) --count;
    return count;
}

// A token's level is like that of the token one step less in magnitude, of the same sign.
unsigned predicted(const Levels& levels, unsigned token) {
    return token < 2 ? 0 : levels[token - 2];
}

// As far from the Laplace distribution as the token one step less in magnitude, of the same sign.
int predicted(const Levels& levels, const Levels& laplace, unsigned token) {
    int level = laplace[token];
    if (token >= 2 && levels[token - 2] != 0) level += levels[token - 2] - laplace[token - 2];
    return std::clamp(level, 0, static_cast<int>(max_level));
}

std::vector<std::uint8_t> steps_of(const LaplaceTable& table, const Levels& laplace) {
    std::vector<std::uint8_t> steps;
    for (unsigned t = 0; t <= table.last; ++t)
        steps.push_back(folded(table.levels[t] - predicted(table.levels, laplace, t)));
    return steps;
}

unsigned fitted_scale(std::span<const std::uint32_t> counts, unsigned mantissa) {
    std::uint64_t total = 0;
    std::uint64_t sum = 0;
    for (unsigned t = 0; t < counts.size(); ++t) {
        if (counts[t] == 0) continue;
        const unsigned bits = std::min(kernel::extra_bits(t, mantissa), 31U);
        const std::uint64_t z = kernel::difference_of(t, (1U << bits) / 2, mantissa);
        total += counts[t];
        sum += counts[t] * ((z + 1) / 2);
    }
    // A mean of nothing is not minus infinity.
    const std::uint64_t mean = std::max<std::uint64_t>(1, sum * 256 / std::max<std::uint64_t>(1, total));
    const int shift = std::max(0, static_cast<int>(std::bit_width(mean)) - 32);
    const int quarters =
        (static_cast<int>(log2_fixed(static_cast<std::uint32_t>(mean >> shift))) >> 14) + 4 * (shift - 8);
    return static_cast<unsigned>(std::clamp(quarters + scale_of_one, 0, max_scale));
}

// Bits that counted tokens take by a distribution in which they occur, in units of 2^-16.
std::uint64_t cost_of(std::span<const std::uint32_t> counts, const Levels& levels) {
    Frequencies frequencies;
    frequencies_of(levels, frequencies);
    std::uint64_t cost = 0;
    for (std::size_t t = 0; t < counts.size(); ++t)
        if (counts[t] != 0)
            cost +=
                std::uint64_t{counts[t]} * ((kernel::probability_bits << 16) - log2_fixed(frequencies[t]));
    return cost;
}

// The levels of the Laplace distribution for tokens up to `last`, each at least 1.
Levels laplace_levels(unsigned scale, unsigned last, unsigned mantissa) {
    const Magnitudes& magnitudes = magnitudes_by_mantissa[mantissa - 2];
    std::array<int, kernel::tokens_per_table> density;
    int most = -(1 << 20);
    for (unsigned t = 0; t <= last; ++t) {
        density[t] = 4 * static_cast<int>(kernel::extra_bits(t, mantissa));
        if (t > 0) density[t] -= fall(magnitudes[t] + scale_of_one - static_cast<int>(scale));
        most = std::max(most, density[t]);
    }
    Levels levels{};
    for (unsigned t = 0; t <= last; ++t)
        levels[t] = static_cast<std::uint8_t>(std::max(1, static_cast<int>(max_level) + density[t] - most));
    return levels;
}

// What was counted of 256 tokens, whose nearest levels are `levels`, or a Laplace distribution where that is
// smaller with what it costs to send.
LaplaceTable fit_laplace(std::span<const std::uint32_t> counts, const Levels& levels, unsigned mantissa) {
    // What a step of a table costs, measured, about: of levels as they were counted, and of what sets them
    // apart from a Laplace distribution.
    constexpr std::uint64_t bit = 1 << 16;
    constexpr std::uint64_t step = 5 * bit / 2;
    constexpr std::uint64_t step_from_laplace = 2 * bit;
    LaplaceTable table;
    table.levels = levels;
    table.last = used(levels) - 1;
    table.scale = fitted_scale(counts, mantissa);
    const std::uint64_t steps = table.last + 1;
    const std::uint64_t tokens = cost_of(counts, levels);
    table.cost_of_levels = {tokens, step * steps};
    table.cost = {tokens, step_from_laplace * steps};
    const Levels laplace = laplace_levels(table.scale, table.last, mantissa);
    const TableCost by_scale = {cost_of(counts, laplace), 0};
    if (by_scale.all() <= table.cost.all()) {
        table.levels = laplace;
        table.cost = by_scale;
    }
    return table;
}

void append_laplace_tables(std::span<const LaplaceTable> tables, unsigned mantissa, ByteWriter& out) {
    std::vector<std::uint8_t> all;
    for (const LaplaceTable& table : tables) {
        out.integer(static_cast<std::uint8_t>(table.last));
        out.integer(static_cast<std::uint8_t>(table.scale));
        const auto steps = steps_of(table, laplace_levels(table.scale, table.last, mantissa));
        all.insert(all.end(), steps.begin(), steps.end());
    }
    append_symbols(all, out);
}

// In units of 2^-16.
std::uint64_t bits(const ByteWriter& bytes) {
    return std::uint64_t{bytes.size()} * 8 << 16;
}

// Frames of fewer elements may have Laplace tables; from so many on, what both really cost decides.
constexpr std::size_t least_elements_without_laplace = 1 << 17;
constexpr std::size_t least_elements_for_trial = 1 << 14;

// Replaces tables by Laplace tables where those are smaller.
class LaplaceTrial {
  public:
    LaplaceTrial(std::span<const std::uint32_t> counts, unsigned mantissa)
        : counts_(counts), mantissa_(mantissa) {}

    // Whether the fullest context is nearly of that shape.
    bool looks_smaller(std::span<const Levels> levels) const {
        std::size_t fullest = 0;
        for (std::size_t c = 1; c < levels.size(); ++c)
            if (elements(c) > elements(fullest)) fullest = c;
        const LaplaceTable table = fit(fullest, levels[fullest]);
        return table.cost.all() < table.cost_of_levels.all();
    }

    // False where they are larger: by what they cost on the average or, if `exactly`, by what they really
    // cost.
    bool replace(StoredTables& tables, bool exactly) const {
        std::vector<LaplaceTable> laplace;
        TableCost levels_cost;
        TableCost laplace_cost;
        for (std::size_t c = 0; c < tables.levels.size(); ++c) {
            laplace.push_back(fit(c, tables.levels[c]));
            levels_cost += laplace.back().cost_of_levels;
            laplace_cost += laplace.back().cost;
        }
        if (laplace_cost.all() >= levels_cost.all()) return false;
        ByteWriter stored;
        append_laplace_tables(laplace, mantissa_, stored);
        if (exactly) {
            ByteWriter by_levels;
            append_tables(tables.levels, by_levels);
            if (laplace_cost.tokens + bits(stored) >= levels_cost.tokens + bits(by_levels)) return false;
        }
        std::ranges::transform(laplace, tables.levels.begin(), &LaplaceTable::levels);
        tables.laplace = true;
        tables.stored = std::move(stored).finish();
        return true;
    }

  private:
    std::span<const std::uint32_t> counts_of(std::size_t context) const {
        return counts_.subspan(context * kernel::tokens_per_table, kernel::tokens_per_table);
    }
    std::uint32_t elements(std::size_t context) const {
        const auto counts = counts_of(context);
        return std::reduce(counts.begin(), counts.end());
    }
    LaplaceTable fit(std::size_t context, const Levels& levels) const {
        return fit_laplace(counts_of(context), levels, mantissa_);
    }

    std::span<const std::uint32_t> counts_;
    unsigned mantissa_;
};

}  // namespace

StoredTables fit_tables(std::span<const std::uint32_t> counts, std::size_t elements, unsigned mantissa) {
    StoredTables tables;
    for (std::size_t first = 0; first < counts.size(); first += kernel::tokens_per_table)
        tables.levels.push_back(levels_of(counts.subspan(first, kernel::tokens_per_table)));
    const bool exactly = elements >= least_elements_for_trial;
    const LaplaceTrial trial(counts, mantissa);
    if (elements < least_elements_without_laplace && (!exactly || trial.looks_smaller(tables.levels)) &&
        trial.replace(tables, exactly))
        return tables;
    ByteWriter stored;
    append_tables(tables.levels, stored);
    tables.stored = std::move(stored).finish();
    return tables;
}

void append_tables(std::span<const Levels> tables, ByteWriter& out) {
    std::vector<std::uint8_t> steps;
    for (const Levels& levels : tables) {
        const unsigned count = used(levels);
        out.integer(static_cast<std::uint8_t>(count - 1));
        for (unsigned t = 0; t < count; ++t)
            steps.push_back(folded(levels[t] - static_cast<int>(predicted(levels, t))));
    }
    append_symbols(steps, out);
}

std::vector<Levels> read_tables(Cursor& cursor, unsigned contexts) {
    std::vector<unsigned> counts(contexts);
    for (unsigned& count : counts) count = cursor.integer<std::uint8_t>() + 1U;
    const auto steps = read_symbols(cursor, std::accumulate(counts.begin(), counts.end(), std::size_t{0}));
    auto step = steps.begin();
    std::vector<Levels> tables(contexts);
    for (unsigned c = 0; c < contexts; ++c) {
        for (unsigned t = 0; t < counts[c]; ++t, ++step) {
            const int level = static_cast<int>(predicted(tables[c], t)) + unfolded(*step);
            if (level < 0 || level > static_cast<int>(max_level))
                throw CorruptError("a level is out of range");
            tables[c][t] = static_cast<std::uint8_t>(level);
        }
    }
    return tables;
}

std::vector<Levels> read_laplace_tables(Cursor& cursor, unsigned contexts, unsigned mantissa) {
    std::vector<LaplaceTable> tables(contexts);
    std::size_t size = 0;
    for (LaplaceTable& table : tables) {
        table.last = cursor.integer<std::uint8_t>();
        table.scale = cursor.integer<std::uint8_t>();
        size += table.last + 1;
    }
    const auto steps = read_symbols(cursor, size);
    auto step = steps.begin();
    std::vector<Levels> levels_of_all;
    for (LaplaceTable& table : tables) {
        const Levels laplace = laplace_levels(table.scale, table.last, mantissa);
        for (unsigned t = 0; t <= table.last; ++t, ++step) {
            const int level = predicted(table.levels, laplace, t) + unfolded(*step);
            if (level < 0 || level > static_cast<int>(max_level))
                throw CorruptError("a level is out of range");
            table.levels[t] = static_cast<std::uint8_t>(level);
        }
        levels_of_all.push_back(table.levels);
    }
    return levels_of_all;
}

}  // namespace bitx::codec
