#include "codec/ulp_contexts.hpp"

#include <algorithm>
#include <bit>
#include <numeric>

#include "codec/symbol_string.hpp"

namespace bitx::codec {
namespace {

using Counts = std::array<std::uint32_t, kernel::tokens_per_table>;

// What a table costs to send, in units of 2^-16 bits: measured, about.
constexpr std::uint64_t bit = 1 << 16;
struct Prices {
    std::uint64_t table = 12 * bit;
    std::uint64_t token = 5 * bit / 2;
    unsigned tokens = 0;  ///< all that occur are below
};

struct Group {
    unsigned first_cell = 0;
    Counts counts{};
    std::uint64_t cost = 0;
};

std::uint64_t cost_of(const Counts& counts, const Prices& prices) {
    std::uint64_t cost = prices.table;
    std::uint64_t own = 0;
    std::uint32_t total = 0;
    for (unsigned t = 0; t < prices.tokens; ++t) {
        if (counts[t] == 0) continue;
        cost += prices.token;
        total += counts[t];
        own += count_log_count(counts[t]);
    }
    return cost + count_log_count(total) - own;
}

Counts sum(const Counts& a, const Counts& b, unsigned tokens) {
    Counts counts{};
    for (unsigned t = 0; t < tokens; ++t) counts[t] = a[t] + b[t];
    return counts;
}

// Joins the two neighbours that gain most by it, until none gains.
void merge_neighbours(std::vector<Group>& groups, const Prices& prices) {
    const auto joined_cost = [&](std::size_t i) {
        return cost_of(sum(groups[i].counts, groups[i + 1].counts, prices.tokens), prices);
    };
    std::vector<std::uint64_t> joined;
    for (std::size_t i = 0; i + 1 < groups.size(); ++i) joined.push_back(joined_cost(i));
    while (groups.size() > 1) {
        std::size_t best = groups.size();
        std::uint64_t best_gain = 0;
        for (std::size_t i = 0; i + 1 < groups.size(); ++i) {
            const std::uint64_t apart = groups[i].cost + groups[i + 1].cost;
            if (apart > joined[i] && apart - joined[i] > best_gain) {
                best_gain = apart - joined[i];
                best = i;
            }
        }
        if (best == groups.size()) return;
        groups[best].counts = sum(groups[best].counts, groups[best + 1].counts, prices.tokens);
        groups[best].cost = joined[best];
        const auto gone = static_cast<std::ptrdiff_t>(best);
        groups.erase(groups.begin() + gone + 1);
        joined.erase(joined.begin() + gone);
        if (best + 1 < groups.size()) joined[best] = joined_cost(best);
        if (best > 0) joined[best - 1] = joined_cost(best - 1);
    }
}

// Cells that occur, joined first along the scales of each exponent; then runs of exponents that have come to
// one group each.
std::vector<Group> groups_of(std::span<const std::uint32_t> counts, unsigned scales, const Prices& prices) {
    std::vector<Group> settled;
    std::vector<Group> singles;
    const auto settle = [&] {
        merge_neighbours(singles, prices);
        settled.insert(settled.end(), singles.begin(), singles.end());
        singles.clear();
    };
    for (unsigned e = 0; e < kernel::exponent_classes; ++e) {
        std::vector<Group> groups;
        for (unsigned s = 0; s < scales; ++s) {
            const auto row = counts.subspan((e * scales + s) * kernel::tokens_per_table, prices.tokens);
            if (std::ranges::all_of(row, [](std::uint32_t c) { return c == 0; })) continue;
            Group group{e * scale_classes + s, {}, 0};
            std::ranges::copy(row, group.counts.begin());
            group.cost = cost_of(group.counts, prices);
            groups.push_back(group);
        }
        merge_neighbours(groups, prices);
        if (groups.size() == 1) {
            singles.push_back(groups[0]);
        } else if (groups.size() > 1) {
            settle();
            settled.insert(settled.end(), groups.begin(), groups.end());
        }
    }
    settle();
    return settled;
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

}  // namespace

std::size_t UlpContexts::table_count() const {
    unsigned count = 0;
    for (const std::uint16_t row : starts) count += static_cast<unsigned>(std::popcount(row));
    return std::max(count, 1U);
}

std::array<std::uint8_t, cell_count> UlpContexts::table_of_cell() const {
    std::array<std::uint8_t, cell_count> tables_of{};
    unsigned started = 0;
    for (unsigned cell = 0; cell < cell_count; ++cell) {
        started += starts[cell / scale_classes] >> cell % scale_classes & 1;
        tables_of[cell] = static_cast<std::uint8_t>(started == 0 ? 0 : started - 1);
    }
    return tables_of;
}

FittedContexts fit_contexts(std::span<const std::uint32_t> counts, unsigned scales) {
    Prices prices;
    Counts all{};
    for (std::size_t i = 0; i < counts.size(); i += all.size())
        for (std::size_t t = 0; t < all.size(); ++t) all[t] |= counts[i + t];
    for (unsigned t = 0; t < all.size(); ++t)
        if (all[t] != 0) prices.tokens = t + 1;
    std::vector<Group> groups = groups_of(counts, scales, prices);
    while (groups.size() > kernel::max_tables) {
        prices.table *= 2;
        groups = groups_of(counts, scales, prices);
    }
    FittedContexts fitted;
    for (const Group& group : groups) {
        auto& row = fitted.contexts.starts[group.first_cell / scale_classes];
        row = static_cast<std::uint16_t>(row | 1U << group.first_cell % scale_classes);
        fitted.contexts.tables.push_back(levels_of(group.counts));
        fitted.cost += group.cost;
    }
    return fitted;
}

void append_contexts(const UlpContexts& contexts, ByteWriter& out) {
    std::uint32_t present = 0;
    for (unsigned e = 0; e < kernel::exponent_classes; ++e)
        if (contexts.starts[e] != 0) present |= 1U << e;
    out.integer(present);
    for (const std::uint16_t row : contexts.starts)
        if (row != 0) out.integer(row);
    std::vector<std::uint8_t> steps;
    for (const Levels& levels : contexts.tables) {
        const unsigned count = used(levels);
        out.integer(static_cast<std::uint8_t>(count - 1));
        for (unsigned t = 0; t < count; ++t) {
            const int step = levels[t] - static_cast<int>(predicted(levels, t));
            steps.push_back(static_cast<std::uint8_t>(step >= 0 ? 2 * step : -2 * step - 1));
        }
    }
    append_symbols(steps, out);
}

UlpContexts read_contexts(Cursor& cursor) {
    UlpContexts contexts;
    const auto present = cursor.integer<std::uint32_t>();
    for (unsigned e = 0; e < kernel::exponent_classes; ++e)
        if (present >> e & 1) contexts.starts[e] = cursor.integer<std::uint16_t>();
    const std::size_t tables = contexts.table_count();
    if (tables > kernel::max_tables) throw CorruptError("a frame has too many distributions");
    std::vector<unsigned> counts(tables);
    for (unsigned& count : counts) count = cursor.integer<std::uint8_t>() + 1U;
    const auto steps = read_symbols(cursor, std::accumulate(counts.begin(), counts.end(), std::size_t{0}));
    auto step = steps.begin();
    for (const unsigned count : counts) {
        Levels levels{};
        for (unsigned t = 0; t < count; ++t, ++step) {
            const int change = *step % 2 == 0 ? *step / 2 : -(*step + 1) / 2;
            const int level = static_cast<int>(predicted(levels, t)) + change;
            if (level < 0 || level > static_cast<int>(max_level))
                throw CorruptError("a level is out of range");
            levels[t] = static_cast<std::uint8_t>(level);
        }
        contexts.tables.push_back(levels);
    }
    return contexts;
}

}  // namespace bitx::codec
