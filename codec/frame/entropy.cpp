#include "codec/frame/entropy.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include "codec/frame/log2.hpp"
#include "codec/frame/rans_words.hpp"
#include "codec/kernel/planes.hpp"
#include "codec/kernel/token.hpp"
#include "codec/kernel/ulp.hpp"

namespace bitx::codec {
namespace {

constexpr std::size_t block = 2048;
static_assert(block % kernel::rans_lanes == 0);

constexpr std::uint8_t flag_scales = 1;
constexpr const char* wrong_end = "a coded plane does not end as it began";

// Fewer elements than these do not pay for scales.
constexpr std::size_t least_elements_for_scales = 4096;
constexpr std::uint64_t least_row_length = 16;

// Scales are in eighths of an octave, so that a class is a quarter; a row of the mean magnitude is in the
// middle class. Values more than 8 octaves from the commonest count as those do: zeros say nothing of a
// scale.
constexpr int scale_steps = 8;
constexpr int middle_class = 8;
constexpr int scale_limit = 40;
constexpr int far_octaves = 8;

std::span<const std::uint8_t> symbols_of(ByteView bytes) {
    return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
}

using ClassMap = std::array<std::uint8_t, kernel::scale_classes>;

// The distribution of each class, where another begins at each bit of `starts`.
ClassMap map_of(std::uint16_t starts) {
    ClassMap map{};
    for (unsigned c = 1; c < map.size(); ++c)
        map[c] = static_cast<std::uint8_t>(map[c - 1] + (starts >> c & 1));
    return map;
}

constexpr ClassMap own_distribution = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

// Of `count` symbols from symbol `first` on, at most a block.
void distributions_of(const UlpScales& scales, const ClassMap& map, std::size_t first, std::size_t count,
                      std::uint8_t* distributions) {
    if (scales.empty()) {
        std::fill_n(distributions, count, std::uint8_t{0});
        return;
    }
    static constexpr std::array<std::uint8_t, block> no_exponents{};
    std::array<std::uint8_t, block> classes;
    scales.classes(first, std::span(classes).first(count));
    kernel::context_of(map.data(), 1, no_exponents.data(), classes.data(), count, distributions);
}

// Estimated costs in units of 2^-16 bits.
constexpr std::uint64_t bit = 1 << 16;
constexpr std::uint64_t table_price = 12 * bit;
constexpr std::uint64_t symbol_price = 5 * bit / 2;

std::uint64_t cost_of(const ByteCounts& counts) {
    std::uint64_t cost = table_price;
    std::uint64_t own = 0;
    std::uint32_t total = 0;
    for (const std::uint32_t symbol : counts) {
        if (symbol == 0) continue;
        cost += symbol_price;
        total += symbol;
        own += count_log_count(symbol);
    }
    return cost + count_log_count(total) - own;
}

// Neighbouring classes that share a distribution.
struct Run {
    unsigned first_class = 0;
    ByteCounts counts{};
    std::uint64_t cost = 0;
};

// Joins the two neighbours that gain most by it, until none gains.
std::vector<Run> joined(std::span<const ByteCounts> classes) {
    std::vector<Run> runs;
    for (unsigned c = 0; c < classes.size(); ++c)
        if (std::ranges::any_of(classes[c], [](std::uint32_t n) { return n != 0; }))
            runs.push_back({c, classes[c], cost_of(classes[c])});
    for (;;) {
        std::uint64_t best_gain = 0;
        std::size_t best = 0;
        Run best_run;
        for (std::size_t i = 0; i + 1 < runs.size(); ++i) {
            Run both = runs[i];
            for (std::size_t s = 0; s < both.counts.size(); ++s) both.counts[s] += runs[i + 1].counts[s];
            both.cost = cost_of(both.counts);
            const std::uint64_t apart = runs[i].cost + runs[i + 1].cost;
            if (apart <= both.cost || apart - both.cost <= best_gain) continue;
            best_gain = apart - both.cost;
            best = i;
            best_run = both;
        }
        if (best_gain == 0) return runs;
        runs[best] = best_run;
        runs.erase(runs.begin() + static_cast<std::ptrdiff_t>(best) + 1);
    }
}

struct Mean {
    std::uint64_t sum = 0;
    std::uint64_t count = 0;
};

// How much more one mean is than another, in eighths of an octave.
std::int8_t scale_of(Mean mean, Mean all, unsigned octave) {
    if (mean.count == 0) return 0;
    const auto one = static_cast<std::int64_t>((mean.sum << 12) / mean.count);
    const auto other = static_cast<std::int64_t>((all.sum << 12) / all.count);
    const std::int64_t steps = ((one - other) * scale_steps / octave + (1 << 11)) >> 12;
    return static_cast<std::int8_t>(std::clamp<std::int64_t>(steps, -scale_limit, scale_limit));
}

UlpScales fit_magnitudes(std::span<const std::uint8_t> symbols, unsigned octave, MatrixPlace place,
                         unsigned commonest) {
    const auto far = static_cast<int>(far_octaves * octave);
    const auto low = static_cast<std::uint8_t>(std::max(0, static_cast<int>(commonest) - far));
    const auto high = static_cast<std::uint8_t>(std::min(255, static_cast<int>(commonest) + far));
    const auto width = static_cast<std::size_t>(place.row_length);
    std::vector<std::uint32_t> column_sums(width);
    std::vector<Mean> rows;
    Mean all;
    auto column = static_cast<std::size_t>(place.column);
    for (std::size_t first = 0; first < symbols.size(); column = 0) {
        const std::size_t run = std::min(symbols.size() - first, width - column);
        rows.push_back({kernel::add_bytes(&symbols[first], run, low, high, &column_sums[column]), run});
        all.sum += rows.back().sum;
        all.count += run;
        first += run;
    }
    UlpScales scales{place, {}, {}};
    for (const Mean& row : rows)
        scales.rows.push_back(static_cast<std::int8_t>(scale_of(row, all, octave) + 2 * middle_class));
    const std::size_t end = (place.column + symbols.size()) % width;
    for (std::size_t c = 0; c < width; ++c) {
        // the first and the last row may be short
        const std::size_t missing = (c < place.column) + (end != 0 && c >= end);
        scales.columns.push_back(scale_of({column_sums[c], rows.size() - missing}, all, octave));
    }
    return scales;
}

}  // namespace

ByteCounts count_bytes(ByteView bytes) {
    // Four counts, so that runs of one byte do not wait for each other.
    std::array<ByteCounts, 4> parts{};
    const std::span<const std::uint8_t> symbols = symbols_of(bytes);
    std::size_t i = 0;
    for (; i + 4 <= symbols.size(); i += 4)
        for (std::size_t part = 0; part < 4; ++part) ++parts[part][symbols[i + part]];
    for (; i < symbols.size(); ++i) ++parts[0][symbols[i]];
    for (std::size_t s = 0; s < 256; ++s) parts[0][s] += parts[1][s] + parts[2][s] + parts[3][s];
    return parts[0];
}

double entropy(const ByteCounts& counts) {
    std::uint32_t total = 0;
    std::uint64_t own = 0;
    for (const std::uint32_t count : counts) {
        total += count;
        own += count_log_count(count);
    }
    return total == 0
               ? 0
               : static_cast<double>(count_log_count(total) - own) / (65536 * static_cast<double>(total));
}

// counts_[class][symbol]
void EntropyCoder::count(std::span<const std::uint8_t> symbols, const UlpScales& scales) {
    std::array<std::uint8_t, block> classes;
    counts_.assign(kernel::scale_classes, {});
    for (std::size_t first = 0; first < symbols.size(); first += block) {
        const std::size_t run = std::min(block, symbols.size() - first);
        distributions_of(scales, own_distribution, first, run, classes.data());
        kernel::count_tokens(&symbols[first], classes.data(), run, counts_.front().data());
    }
}

EntropyCoder::Model EntropyCoder::fit(ByteView plane, unsigned octave, MatrixPlace place) {
    const std::span<const std::uint8_t> symbols = symbols_of(plane);
    const ByteCounts all = count_bytes(plane);
    Model one{{}, 0, {levels_of(all)}};
    if (octave == 0 || symbols.size() < least_elements_for_scales || place.row_length < least_row_length ||
        place.row_length > symbols.size())
        return one;
    const auto commonest = static_cast<unsigned>(std::ranges::max_element(all) - all.begin());
    Model several{fit_magnitudes(symbols, octave, place, commonest), 0, {}};
    count(symbols, several.scales);
    std::uint64_t cost = 0;
    for (const Run& run : joined(counts_)) {
        several.starts = static_cast<std::uint16_t>(several.starts | 1U << run.first_class);
        several.tables.push_back(levels_of(run.counts));
        cost += run.cost;
    }
    several.starts = static_cast<std::uint16_t>(several.starts & (several.starts - 1));  // without the first
    ByteWriter side;
    append_scales(several.scales, side);
    cost += (std::uint64_t{side.size()} * 8 + 16) * bit;
    return cost < cost_of(all) ? several : one;
}

void EntropyCoder::append(ByteView plane, unsigned octave, MatrixPlace place, Bytes& out) {
    const Model model = fit(plane, octave, place);
    const std::span<const std::uint8_t> symbols = symbols_of(plane);
    ByteWriter head;
    if (!model.scales.empty()) {
        append_scales(model.scales, head);
        head.integer(model.starts);
    }
    append_tables(model.tables, head);

    encode_tables_.resize(std::max(encode_tables_.size(), model.tables.size()));
    for (std::size_t t = 0; t < model.tables.size(); ++t) {
        Frequencies frequencies;
        frequencies_of(model.tables[t], frequencies);
        build(frequencies, encode_tables_[t]);
    }
    const ClassMap map = map_of(model.starts);
    constexpr std::size_t scribble = 16;
    words_.resize(std::max(words_.size(), symbols.size() + scribble));
    kernel::RansEncoder encoder;
    encoder.next = words_.data() + words_.size();
    std::array<std::uint8_t, block> tables;
    for (std::size_t end = symbols.size(); end > 0;) {
        const std::size_t first = (end - 1) / block * block;
        distributions_of(model.scales, map, first, end - first, tables.data());
        kernel::rans_encode(encoder, encode_tables_.data(), tables.data(), &symbols[first], nullptr,
                            end - first, kernel::whole_tokens);
        end = first;
    }
    const auto append_bytes = [&](ByteView bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); };
    out.push_back(std::byte{model.scales.empty() ? std::uint8_t{0} : flag_scales});
    append_bytes(head.view());
    append_bytes(std::as_bytes(
        std::span(encoder.states).first(std::min<std::size_t>(symbols.size(), kernel::rans_lanes))));
    append_bytes(std::as_bytes(std::span<const std::uint16_t>(encoder.next, words_.data() + words_.size())));
}

void EntropyCoder::read(ByteView stored, MutableByteView plane) {
    Cursor cursor(stored);
    const auto flags = cursor.integer<std::uint8_t>();
    if (flags > flag_scales) throw CorruptError("a coded plane has flags that do not exist");
    Model model;
    if (flags & flag_scales) {
        model.scales = read_scales(cursor, plane.size());
        model.starts = cursor.integer<std::uint16_t>();
        if (model.starts & 1) throw CorruptError("the first class begins twice");
    }
    model.tables = read_tables(cursor, 1 + static_cast<unsigned>(std::popcount(model.starts)));
    decode_tables_.resize(std::max(decode_tables_.size(), model.tables.size()));
    for (std::size_t t = 0; t < model.tables.size(); ++t) {
        Frequencies frequencies;
        if (!frequencies_of(model.tables[t], frequencies)) throw CorruptError("a distribution is empty");
        build(frequencies, decode_tables_[t]);
    }
    const ClassMap map = map_of(model.starts);
    kernel::RansDecoder decoder;
    const std::size_t lanes = std::min<std::size_t>(plane.size(), kernel::rans_lanes);
    std::memcpy(decoder.states.data(), cursor.take(4 * lanes).data(), 4 * lanes);
    RansWords words(cursor.take(cursor.left() / 2 * 2));
    cursor.expect_end();

    std::array<std::uint32_t, block> symbols;
    std::array<std::uint8_t, block> tables;
    for (std::size_t first = 0; first < plane.size(); first += block) {
        const std::size_t run = std::min(block, plane.size() - first);
        distributions_of(model.scales, map, first, run, tables.data());
        decoder.next = words.next(run);
        kernel::rans_decode(decoder, decode_tables_.data(), tables.data(), run, kernel::whole_tokens,
                            symbols.data());
        if (!words.taken_to(decoder.next)) throw CorruptError(wrong_end);
        kernel::narrow(symbols.data(), run, &plane[first]);
    }
    if (!words.empty() || decoder.states != kernel::every_state_low) throw CorruptError(wrong_end);
}

}  // namespace bitx::codec
