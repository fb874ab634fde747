#include "codec/frame/ulp_contexts.hpp"

#include <algorithm>

#include "codec/frame/log2.hpp"
#include "codec/frame/symbol_string.hpp"
#include "codec/kernel/token.hpp"

namespace bitx::codec {
namespace {

using kernel::cell_count;
using kernel::scale_classes;
using Counts = std::array<std::uint32_t, kernel::tokens_per_table>;

// What a table costs to send, in units of 2^-16 bits: measured, about.
constexpr std::uint64_t bit = 1 << 16;
struct Prices {
    std::uint64_t table = 12 * bit;
    std::uint64_t token = 5 * bit / 2;
    unsigned tokens = 0;  ///< all that occur are below
};

// A table that fits a sample fits what it stands for less well, by about a bit a token.
Prices prices_of(const FrameSample& sample) {
    Prices prices;
    const std::size_t size = sample.tokens.size();
    prices.table = prices.table * size / sample.elements;
    prices.token = prices.token * size / sample.elements + bit * (sample.elements - size) / sample.elements;
    prices.tokens = *std::ranges::max_element(sample.tokens) + 1U;
    return prices;
}

// Elements of a cell in the upper half, the sum of their tokens in the lower.
using CellSums = std::array<std::uint64_t, cell_count>;

// How far the elements of a cell move, in steps of a quarter octave of their mean token, or of about a
// quarter octave (half an octave for wide elements) of the difference where tokens grow with its logarithm.
constexpr unsigned strides = 128;
unsigned stride_of(std::uint64_t sums, unsigned mantissa) {
    constexpr int first_logarithmic = 36;
    const auto mean = static_cast<std::uint32_t>(((sums & 0xffffffff) << 8) / (sums >> 32) + 1);
    const std::uint32_t logarithmic = 512U << mantissa;
    const int stride =
        mean >= logarithmic
            ? static_cast<int>((mean - logarithmic) >> 10)
            : (static_cast<int>(log2_fixed(mean)) - static_cast<int>(log2_fixed(logarithmic))) >> 14;
    return static_cast<unsigned>(std::clamp<int>(first_logarithmic + stride, 0, strides - 1));
}

// Cells that share a table.
struct Group {
    Counts counts{};
    std::uint64_t cost = 0;
    std::size_t last = 0;  ///< of the groups to begin with
};

// The groups to begin with: a stride each.
struct Groups {
    std::vector<Group> groups;
    std::array<std::uint8_t, cell_count> of_cell{};
};

// A small frame does not pay for as many tables.
constexpr std::size_t least_elements_for_fine_strides = 1 << 17;

Groups by_stride(const CellSums& sums, const FrameSample& sample, unsigned mantissa) {
    const unsigned coarse = sample.elements < least_elements_for_fine_strides ? 1 : 0;
    Groups by;
    std::array<std::uint8_t, cell_count> stride_of_cell{};
    std::array<bool, strides> occurs{};
    for (unsigned c = 0; c < cell_count; ++c) {
        if (sums[c] == 0) continue;
        stride_of_cell[c] = static_cast<std::uint8_t>(stride_of(sums[c], mantissa) >> coarse);
        occurs[stride_of_cell[c]] = true;
    }
    std::array<std::uint8_t, strides> group_of_stride{};
    for (unsigned s = 0; s < strides; ++s) {
        if (!occurs[s]) continue;
        group_of_stride[s] = static_cast<std::uint8_t>(by.groups.size());
        by.groups.emplace_back();
    }
    for (unsigned c = 0; c < cell_count; ++c) by.of_cell[c] = group_of_stride[stride_of_cell[c]];
    return by;
}

std::uint64_t cost_of(const Counts& a, const Counts& b, const Prices& prices) {
    std::uint64_t cost = prices.table;
    std::uint64_t own = 0;
    std::uint32_t total = 0;
    for (unsigned t = 0; t < prices.tokens; ++t) {
        const std::uint32_t count = a[t] + b[t];
        if (count == 0) continue;
        cost += prices.token;
        total += count;
        own += count_log_count(count);
    }
    return cost + count_log_count(total) - own;
}

// Joins the two neighbours that gain most by it, until none gains and there are not too many. Where each
// group went, and what all cost then.
struct MergedGroups {
    std::vector<std::uint8_t> context_of;
    std::uint64_t cost = 0;
};
MergedGroups merge_neighbours(std::span<Group> groups, const Prices& prices) {
    MergedGroups merged{std::vector<std::uint8_t>(groups.size())};
    std::vector<Group*> left;  // groups are large: they stay where they are
    constexpr Counts none{};
    for (Group& group : groups) {
        group.cost = cost_of(group.counts, none, prices);
        group.last = left.size();
        left.push_back(&group);
    }
    const auto joined_cost = [&](std::size_t i) {
        return cost_of(left[i]->counts, left[i + 1]->counts, prices);
    };
    std::vector<std::uint64_t> joined;
    for (std::size_t i = 0; i + 1 < left.size(); ++i) joined.push_back(joined_cost(i));
    const auto gain = [&](std::size_t i) {
        return static_cast<std::int64_t>(left[i]->cost + left[i + 1]->cost - joined[i]);
    };
    while (left.size() > 1) {
        std::size_t best = 0;
        for (std::size_t i = 1; i + 1 < left.size(); ++i)
            if (gain(i) > gain(best)) best = i;
        if (gain(best) <= 0 && left.size() <= kernel::max_tables) break;
        Group& group = *left[best];
        for (unsigned t = 0; t < prices.tokens; ++t) group.counts[t] += left[best + 1]->counts[t];
        group.cost = joined[best];
        group.last = left[best + 1]->last;
        const auto gone = static_cast<std::ptrdiff_t>(best);
        left.erase(left.begin() + gone + 1);
        joined.erase(joined.begin() + gone);
        if (best + 1 < left.size()) joined[best] = joined_cost(best);
        if (best > 0) joined[best - 1] = joined_cost(best - 1);
    }
    for (const Group* group : left) merged.cost += group->cost;
    for (std::size_t i = 0, c = 0; i < groups.size(); ++i) {
        merged.context_of[i] = static_cast<std::uint8_t>(c);
        c += i == left[c]->last;
    }
    return merged;
}

// A cell has most likely the context of the one a scale less, or else an exponent less.
unsigned predicted(const ContextMap& map, unsigned cell) {
    if (cell % scale_classes != 0) return map.context_of_cell[cell - 1];
    return cell == 0 ? 0 : map.context_of_cell[cell - scale_classes];
}

FittedMap merged(Groups by, const CellSums& sums, const FrameSample& sample, ContextMap map) {
    const auto [context_of, cost] = merge_neighbours(by.groups, prices_of(sample));
    FittedMap fitted{map, cost};
    fitted.map.contexts = context_of.back() + 1U;
    for (unsigned c = 0; c < cell_count; ++c)
        fitted.map.context_of_cell[c] =
            static_cast<std::uint8_t>(sums[c] != 0 ? context_of[by.of_cell[c]] : predicted(fitted.map, c));
    return fitted;
}

}  // namespace

FittedMap fit_exponents(const FrameSample& sample, std::span<const std::uint32_t> counts, unsigned exponents,
                        unsigned mantissa) {
    CellSums sums{};
    for (std::size_t i = 0; i < std::size_t{exponents} * kernel::tokens_per_table; ++i)
        sums[i / kernel::tokens_per_table * scale_classes] +=
            counts[i] * (std::uint64_t{1} << 32 | i % kernel::tokens_per_table);
    Groups by = by_stride(sums, sample, mantissa);
    for (std::size_t i = 0; i < std::size_t{exponents} * kernel::tokens_per_table; ++i)
        by.groups[by.of_cell[i / kernel::tokens_per_table * scale_classes]]
            .counts[i % kernel::tokens_per_table] += counts[i];
    return merged(std::move(by), sums, sample, {exponents, false});
}

FittedMap fit_cells(const FrameSample& sample, unsigned exponents, unsigned mantissa) {
    CellSums sums{};
    std::vector<std::uint16_t> cells(sample.tokens.size());
    for (std::size_t i = 0; i < cells.size(); ++i) {
        cells[i] = static_cast<std::uint16_t>(sample.exponents[i] * scale_classes + sample.scales[i]);
        sums[cells[i]] += std::uint64_t{1} << 32 | sample.tokens[i];
    }
    Groups by = by_stride(sums, sample, mantissa);
    for (std::size_t i = 0; i < cells.size(); ++i) ++by.groups[by.of_cell[cells[i]]].counts[sample.tokens[i]];
    return merged(std::move(by), sums, sample, {exponents, true});
}

void append_context_map(const ContextMap& map, ByteWriter& out) {
    out.integer(static_cast<std::uint8_t>(map.contexts));
    if (map.contexts == 1) return;
    std::vector<std::uint8_t> steps;
    for (unsigned c = 0; c < map.exponents * scale_classes; c += map.scaled ? 1 : scale_classes)
        steps.push_back(folded(map.context_of_cell[c] - static_cast<int>(predicted(map, c))));
    append_symbols(steps, out);
}

ContextMap read_context_map(Cursor& cursor, unsigned exponents, bool scaled) {
    ContextMap map{exponents, scaled, {}, cursor.integer<std::uint8_t>()};
    if (map.contexts == 0 || map.contexts > kernel::max_tables)
        throw CorruptError("a frame has too many distributions, or none");
    if (map.contexts == 1) return map;
    const auto steps = read_symbols(cursor, exponents * (scaled ? scale_classes : 1));
    auto step = steps.begin();
    for (unsigned c = 0; c < exponents * scale_classes; ++c) {
        int context = static_cast<int>(predicted(map, c));
        if (scaled || c % scale_classes == 0) context += unfolded(*step++);
        if (context < 0 || context >= static_cast<int>(map.contexts))
            throw CorruptError("a distribution is named that is not there");
        map.context_of_cell[c] = static_cast<std::uint8_t>(context);
    }
    return map;
}

}  // namespace bitx::codec
