#include "codec/frame/ulp_scales.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include "codec/frame/frequencies.hpp"
#include "codec/frame/log2.hpp"
#include "codec/frame/symbol_string.hpp"
#include "codec/kernel/clones.hpp"
#include "codec/kernel/token.hpp"
#include "codec/kernel/ulp.hpp"

namespace bitx::codec {
namespace {

// Rows and columns at the tensor's mean scale are in class 10: most of the spread is below the mean.
constexpr int mean_class = 10;
constexpr int scale_limit = 31;  // in quarter octaves, either way
constexpr unsigned one = 2048;   // fixed point of the sums below

// What a token adds to the sum of its row and column, and (in the upper half) what is expected of an element
// by its exponent. Elements whose exponent moves by less than one unit on the average count as they are, the
// others relative to that average, at most four times it: so each element has about the same say.
using Shares = std::array<std::uint32_t, kernel::exponent_classes * kernel::tokens_per_table>;

void shares_of(std::span<const std::uint32_t> counts, unsigned mantissa, Shares& shares) {
    std::array<std::uint64_t, kernel::tokens_per_table> magnitude{};
    for (unsigned t = 0; t < magnitude.size(); ++t) {
        const unsigned bits = std::min(kernel::extra_bits(t, mantissa), 31U);
        magnitude[t] = (std::uint64_t{kernel::difference_of(t, (1U << bits) / 2, mantissa)} + 1) / 2;
    }
    for (unsigned e = 0; e < counts.size() / kernel::tokens_per_table; ++e) {
        const std::size_t first = e * kernel::tokens_per_table;
        const auto row = counts.subspan(first, kernel::tokens_per_table);
        std::uint64_t total = 0;
        std::uint64_t sum = 0;
        for (unsigned t = 0; t < row.size(); ++t) {
            total += row[t];
            sum += row[t] * magnitude[t];
        }
        if (total == 0) {
            std::fill_n(shares.begin() + static_cast<std::ptrdiff_t>(first), row.size(), 0U);
            continue;
        }
        const std::uint64_t mean = sum / total * 256 + sum % total * 256 / total;  // units of 2^-8
        const std::uint64_t unit = std::max<std::uint64_t>(mean, 256);
        std::uint64_t expected = 0;
        for (unsigned t = 0; t < row.size(); ++t) {
            const std::uint64_t capped = std::min(magnitude[t] * 256, 4 * mean + 256);
            shares[first + t] = static_cast<std::uint32_t>(capped * one / unit);
            expected += std::uint64_t{row[t]} * shares[first + t];
        }
        for (unsigned t = 0; t < row.size(); ++t)
            shares[first + t] |= static_cast<std::uint32_t>(expected / total) << 16;
    }
}

// The shares of a run of elements, and their sums.
struct Sums {
    std::uint64_t moved = 0;
    std::uint64_t expected = 0;

    Sums& operator+=(const Sums& other) {
        moved += other.moved;
        expected += other.expected;
        return *this;
    }
};

// At most 1024 of them: their sums stay below 2^32.
BITX_CLONES Sums sum_shares(const Shares& shares, const std::uint8_t* __restrict tokens,
                            const std::uint8_t* __restrict exponents, std::size_t count,
                            std::uint32_t* __restrict out) {
#pragma GCC unroll 8
    for (std::size_t i = 0; i < count; ++i) out[i] = shares[std::size_t{exponents[i]} << 8 | tokens[i]];
    std::uint32_t moved = 0;
    std::uint32_t expected = 0;
    for (std::size_t i = 0; i < count; ++i) {
        moved += out[i] & 0xffff;
        expected += out[i] >> 16;
    }
    return {moved, expected};
}

// A part of a large matrix tells its scales well enough: of every `parts` pieces of a row one, each row
// another.
constexpr std::size_t piece = 64;
std::size_t parts_of(std::size_t columns, std::size_t rows) {
    return std::clamp<std::size_t>(std::min(columns, rows) / (3 * piece), 1, 4);
}

// Calls visit(column, count) for the pieces of columns [column, end) that belong to a part.
template <typename Visit>
void for_each_piece(std::size_t column, std::size_t end, std::size_t part, std::size_t parts, Visit visit) {
    if (parts == 1) {
        for (; column < end; column += std::min<std::size_t>(1024, end - column))
            visit(column, std::min<std::size_t>(1024, end - column));
        return;
    }
    for (std::size_t start = part * piece; start < end; start += parts * piece) {
        const std::size_t from = std::max(start, column);
        const std::size_t to = std::min(start + piece, end);
        if (from < to) visit(from, to - from);
    }
}

BITX_CLONES void add_columns(const std::uint32_t* __restrict row, std::size_t count, std::uint32_t factor,
                             std::uint32_t* __restrict moved, std::uint32_t* __restrict expected) {
    for (std::size_t i = 0; i < count; ++i) {
        moved[i] += row[i] & 0xffff;
        expected[i] += (row[i] >> 16) * factor >> 8;
    }
}

// 4 * log2(moved / expected), rounded; both have a little added, so that nothing moved is not minus infinity.
int quarter_octaves(std::uint64_t moved, std::uint64_t expected) {
    moved += one / 64;
    expected += one / 64;
    const auto width = static_cast<int>(std::bit_width(moved | expected));
    const int shift = std::max(0, width - 32);
    const auto difference =
        static_cast<std::int64_t>(log2_fixed(static_cast<std::uint32_t>((moved >> shift) | 1))) -
        log2_fixed(static_cast<std::uint32_t>((expected >> shift) | 1));
    return static_cast<int>(
        std::clamp<std::int64_t>((difference + (1 << 13)) >> 14, -scale_limit, scale_limit));
}

// 2^(quarters / 4) in units of 2^-8, at most 2^6.
std::uint32_t factor(int quarters) {
    static constexpr std::array<std::uint32_t, 4> fractions = {256, 304, 362, 431};
    const int octaves = std::clamp(quarters >> 2, -8, 5);
    const std::uint32_t fraction = fractions[static_cast<unsigned>(quarters & 3)];
    return octaves >= 0 ? fraction << octaves : fraction >> -octaves;
}

std::vector<std::uint8_t> to_symbols(std::span<const std::int8_t> scales) {
    std::vector<std::uint8_t> symbols(scales.size());
    std::ranges::transform(scales, symbols.begin(),
                           [](std::int8_t s) { return static_cast<std::uint8_t>(s + 64); });
    return symbols;
}

std::vector<std::int8_t> to_scales(std::span<const std::uint8_t> symbols) {
    std::vector<std::int8_t> scales(symbols.size());
    std::ranges::transform(symbols, scales.begin(),
                           [](std::uint8_t s) { return static_cast<std::int8_t>(s - 64); });
    return scales;
}

}  // namespace

void UlpScales::classes(std::size_t first, std::span<std::uint8_t> out) const {
    if (empty()) {
        std::ranges::fill(out, std::uint8_t{0});
        return;
    }
    std::uint64_t row = (place.column + first) / place.row_length;
    std::uint64_t column = (place.column + first) % place.row_length;
    while (!out.empty()) {
        const auto run =
            static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), place.row_length - column));
        kernel::scale_class(rows[row++], columns.data() + column, run, out.data());
        out = out.subspan(run);
        column = 0;
    }
}

UlpScales fit_scales(std::span<const std::uint8_t> tokens, std::span<const std::uint8_t> exponents,
                     std::span<const std::uint32_t> counts, unsigned mantissa, MatrixPlace place) {
    Shares shares;
    shares_of(counts, mantissa, shares);
    UlpScales scales{place, {}, {}};
    const auto width = static_cast<std::size_t>(place.row_length);
    std::vector<std::uint32_t> row(width);
    std::vector<std::uint32_t> moved(width);
    std::vector<std::uint32_t> expected(width);
    const std::size_t parts = parts_of(width, tokens.size() / width);
    auto column = static_cast<std::size_t>(place.column);
    for (std::size_t first = 0; first < tokens.size(); column = 0) {
        const std::size_t end = column + std::min(tokens.size() - first, width - column);
        const std::size_t part = scales.rows.size() % parts;
        Sums sums;
        for_each_piece(column, end, part, parts, [&](std::size_t c, std::size_t run) {
            const std::size_t i = first + c - column;
            sums += sum_shares(shares, &tokens[i], &exponents[i], run, &row[c]);
        });
        const int scale = quarter_octaves(sums.moved, sums.expected);
        for_each_piece(column, end, part, parts, [&](std::size_t c, std::size_t run) {
            add_columns(&row[c], run, factor(scale), &moved[c], &expected[c]);
        });
        scales.rows.push_back(static_cast<std::int8_t>(scale + 2 * mean_class));
        first += end - column;
    }
    for (std::size_t c = 0; c < width; ++c)
        scales.columns.push_back(static_cast<std::int8_t>(quarter_octaves(moved[c], expected[c])));
    return scales;
}

void append_scales(const UlpScales& scales, ByteWriter& out) {
    out.varint(scales.place.row_length);
    out.varint(scales.place.column);
    append_symbols(to_symbols(scales.rows), out);
    append_symbols(to_symbols(scales.columns), out);
}

UlpScales read_scales(Cursor& cursor, std::size_t elements) {
    UlpScales scales;
    scales.place.row_length = cursor.varint_up_to(elements, "a row length");
    if (scales.place.row_length == 0) throw CorruptError("a row has no elements");
    scales.place.column = cursor.varint_up_to(scales.place.row_length - 1, "a column");
    const std::uint64_t end = scales.place.column + elements;
    scales.rows = to_scales(read_symbols(cursor, (end - 1) / scales.place.row_length + 1));
    scales.columns = to_scales(read_symbols(cursor, scales.place.row_length));
    return scales;
}

}  // namespace bitx::codec
