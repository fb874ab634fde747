#include "codec/ulp.hpp"

#include <algorithm>
#include <array>

#include "codec/kernel/token.hpp"

namespace bitx::codec {
namespace {

// Elements between the stages of a kernel pipeline: what they hand on stays in the first-level cache.
constexpr std::size_t block = 2048;
static_assert(block % kernel::rans_lanes == 0);

// The first byte of a frame (FORMAT.md, "ULP frames").
constexpr std::uint8_t flag_coded = 1;
constexpr std::uint8_t flag_scales = 2;
constexpr std::uint8_t flag_low_words = 4;

// Fewer elements than these do not pay for scales.
constexpr std::size_t least_elements_for_scales = 4096;
constexpr std::uint64_t least_row_length = 16;

kernel::NumberFormat format_of(Dtype dtype) {
    switch (dtype) {
        case Dtype::f64:
            return {64, 52, 11};
        case Dtype::f32:
            return {32, 23, 8};
        case Dtype::f16:
            return {16, 10, 5};
        case Dtype::bf16:
            return {16, 7, 8};
        case Dtype::f8_e4m3:
            return {8, 3, 4};
        case Dtype::f8_e5m2:
            return {8, 2, 5};
        default:
            return {8 * width(dtype), 0, 0};
    }
}

// The start of the window of 32 exponents that holds the most of some of the base's elements.
unsigned lowest_exponent(kernel::NumberFormat format, ByteView base) {
    if (format.exponent_bits == 0) return 0;
    const unsigned bytes = format.bits / 8;
    const std::size_t stride = std::max<std::size_t>(1, base.size() / bytes / (1 << 14));
    std::vector<std::uint32_t> counts(std::size_t{1} << format.exponent_bits);
    for (std::size_t i = 0; (i + 1) * bytes <= base.size(); i += stride) {
        std::uint64_t element = 0;
        std::memcpy(&element, base.data() + i * bytes, bytes);
        ++counts[element >> format.mantissa_bits & (counts.size() - 1)];
    }
    std::size_t best = 0;
    std::uint32_t best_count = 0;
    std::uint32_t inside = 0;
    for (std::size_t end = 0; end < counts.size(); ++end) {
        inside += counts[end];
        if (end >= kernel::exponent_classes) inside -= counts[end - kernel::exponent_classes];
        if (inside > best_count) {
            best_count = inside;
            best = end + 1 - std::min<std::size_t>(end + 1, kernel::exponent_classes);
        }
    }
    return static_cast<unsigned>(best);
}

// Scratch memory only grows: what it held is not kept in order.
template <typename T>
void grow(std::vector<T>& scratch, std::size_t size) {
    if (scratch.size() < size) scratch.resize(size);
}

Bytes front(unsigned flags, ByteView tail) {
    Bytes bytes(1 + tail.size());
    bytes[0] = static_cast<std::byte>(flags);
    std::ranges::copy(tail, bytes.begin() + 1);
    return bytes;
}

}  // namespace

struct UlpCoder::Model {
    kernel::NumberFormat format;
    unsigned lowest = 0;  ///< exponent of class 0
    bool low_words = false;
    UlpScales scales;
    UlpContexts contexts;

    unsigned mantissa() const { return kernel::token_mantissa(format.bits / 8); }
};

Bytes UlpCoder::encode(ByteView raw, ByteView base, Dtype dtype, MatrixPlace place) {
    Model model{format_of(dtype), 0, false, {}, {}};
    const std::size_t count = raw.size() / width(dtype);
    const ByteView elements = raw.first(count * width(dtype));
    const ByteView tail = raw.subspan(elements.size());
    if (std::ranges::equal(elements, base.first(elements.size()))) return front(0, tail);
    model.lowest = lowest_exponent(model.format, base);
    model.low_words = analyse(elements, base, model);
    fit(count, place, model);
    const bool scaled = !model.scales.empty();
    ByteWriter out;
    out.append(
        front(flag_coded | (scaled ? flag_scales : 0U) | (model.low_words ? flag_low_words : 0U), tail));
    out.varint(model.lowest);
    if (scaled) append_scales(model.scales, out);
    append_contexts(model.contexts, out);
    encode_elements(elements, base, model, out);
    return std::move(out).finish();
}

void UlpCoder::decode(ByteView stored, ByteView base, Dtype dtype, MutableByteView raw) {
    Model model{format_of(dtype), 0, false, {}, {}};
    const std::size_t count = raw.size() / width(dtype);
    const MutableByteView elements = raw.first(count * width(dtype));
    Cursor cursor(stored);
    const auto flags = cursor.integer<std::uint8_t>();
    std::ranges::copy(cursor.take(raw.size() - elements.size()), raw.subspan(elements.size()).begin());
    if (flags == 0) {
        std::ranges::copy(base.first(elements.size()), elements.begin());
        return cursor.expect_end();
    }
    model.low_words = flags & flag_low_words;
    if ((flags & ~(flag_scales | flag_low_words)) != flag_coded ||
        (model.low_words && model.format.bits != 64) || count == 0)
        throw CorruptError("a ULP frame has flags that do not exist");
    model.lowest =
        static_cast<unsigned>(cursor.varint_up_to((1U << model.format.exponent_bits) - 1, "an exponent"));
    if (flags & flag_scales) model.scales = read_scales(cursor, count);
    model.contexts = read_contexts(cursor);
    decode_elements(cursor, base, model, elements);
}

// Fills tokens_ and exponents_, and exponent_counts_ from a part of the blocks. Whether a 64-bit difference
// has low words.
bool UlpCoder::analyse(ByteView raw, ByteView base, const Model& model) {
    const unsigned bytes = model.format.bits / 8;
    const std::size_t count = raw.size() / bytes;
    grow(tokens_, count);
    grow(exponents_, count);
    exponent_counts_.assign(kernel::exponent_classes * kernel::tokens_per_table, 0);
    const std::size_t stride = count > 16 * block ? 4 * block : block;
    std::array<std::uint32_t, block> differences;
    std::array<std::uint32_t, block> low;
    std::uint32_t any_low = 0;
    for (std::size_t first = 0; first < count; first += block) {
        const std::size_t run = std::min(block, count - first);
        const std::byte* from = base.data() + first * bytes;
        kernel::ulp_difference(model.format, raw.data() + first * bytes, from, run, differences.data(),
                               low.data());
        kernel::exponent_class(model.format, from, run, model.lowest, &exponents_[first]);
        kernel::tokenize(differences.data(), run, model.mantissa(), &tokens_[first]);
        if (bytes == 8)
            for (std::size_t i = 0; i < run; ++i) any_low |= low[i];
        if (first % stride == 0)
            kernel::count_tokens(&tokens_[first], &exponents_[first], run, exponent_counts_.data());
    }
    return any_low != 0;
}

// Chooses the distributions, with scales where they pay for themselves.
void UlpCoder::fit(std::size_t count, MatrixPlace place, Model& model) {
    const std::span tokens(tokens_.data(), count);
    const std::span exponents(exponents_.data(), count);
    UlpScales scales;
    if (count >= least_elements_for_scales && place.row_length >= least_row_length &&
        place.row_length <= count)
        scales = fit_scales(tokens, exponents, exponent_counts_, model.mantissa(), place);

    // Counts of exponent and scale, and of the exponent alone.
    const unsigned scale_count = scales.empty() ? 1 : scale_classes;
    counts_.assign(kernel::exponent_classes * scale_count * kernel::tokens_per_table, 0);
    if (scales.empty()) {
        kernel::count_tokens(tokens.data(), exponents.data(), count, counts_.data());
        model.contexts = fit_contexts(counts_, 1).contexts;
        return;
    }
    std::array<std::uint8_t, block> classes;
    for (std::size_t first = 0; first < count; first += block) {
        const std::size_t run = std::min(block, count - first);
        scales.classes(first, run, classes.data());
        kernel::count_cells(&tokens[first], &exponents[first], classes.data(), run, counts_.data());
    }
    exponent_counts_.assign(exponent_counts_.size(), 0);
    for (std::size_t i = 0; i < counts_.size(); ++i)
        exponent_counts_[i / (scale_classes * kernel::tokens_per_table) * kernel::tokens_per_table +
                         i % kernel::tokens_per_table] += counts_[i];

    FittedContexts scaled = fit_contexts(counts_, scale_classes);
    FittedContexts plain = fit_contexts(exponent_counts_, 1);
    ByteWriter side;
    append_scales(scales, side);
    if (scaled.cost + (std::uint64_t{side.size()} * 8 << 16) >= plain.cost) {
        model.contexts = std::move(plain.contexts);
    } else {
        model.contexts = std::move(scaled.contexts);
        model.scales = std::move(scales);
    }
}

void UlpCoder::encode_elements(ByteView raw, ByteView base, const Model& model, ByteWriter& out) {
    const unsigned bytes = model.format.bits / 8;
    const std::size_t count = raw.size() / bytes;
    const auto table_of = model.contexts.table_of_cell();
    grow(encode_tables_, model.contexts.tables.size());
    for (std::size_t t = 0; t < model.contexts.tables.size(); ++t) {
        Frequencies frequencies;
        frequencies_of(model.contexts.tables[t], frequencies);
        build(frequencies, encode_tables_[t]);
    }
    constexpr std::size_t scribble = 16;
    grow(words_, 3 * count + scribble);
    kernel::RansEncoder encoder;
    encoder.states.fill(kernel::rans_low);
    encoder.next = words_.data() + words_.size();
    grow(low_words_, model.low_words ? count : 0);
    std::array<std::uint32_t, block> differences;
    std::array<std::uint32_t, block> low;
    std::array<std::uint8_t, block> contexts;
    for (std::size_t end = count; end > 0;) {
        const std::size_t first = (end - 1) / block * block;
        const std::size_t run = end - first;
        kernel::ulp_difference(model.format, raw.data() + first * bytes, base.data() + first * bytes, run,
                               differences.data(), low.data());
        if (model.low_words) std::memcpy(low_words_.data() + first, low.data(), 4 * run);
        model.scales.classes(first, run, contexts.data());
        kernel::look_up_cells(&exponents_[first], table_of.data(), run, contexts.data());
        kernel::rans_encode(encoder, encode_tables_.data(), contexts.data(), &tokens_[first],
                            differences.data(), run, model.mantissa());
        end = first;
    }
    out.append(std::as_bytes(std::span(low_words_.data(), model.low_words ? count : 0)));
    out.append(
        std::as_bytes(std::span(encoder.states).first(std::min<std::size_t>(count, kernel::rans_lanes))));
    out.append(std::as_bytes(std::span<const std::uint16_t>(encoder.next, words_.data() + words_.size())));
}

void UlpCoder::decode_elements(Cursor& cursor, ByteView base, const Model& model, MutableByteView raw) {
    const unsigned bytes = model.format.bits / 8;
    const std::size_t count = raw.size() / bytes;
    const auto table_of = model.contexts.table_of_cell();
    grow(decode_tables_, model.contexts.tables.size());
    for (std::size_t t = 0; t < model.contexts.tables.size(); ++t) {
        Frequencies frequencies;
        if (!frequencies_of(model.contexts.tables[t], frequencies))
            throw CorruptError("a distribution is empty");
        build(frequencies, decode_tables_[t]);
    }
    const ByteView low_words = cursor.take(model.low_words ? 4 * count : 0);
    kernel::RansDecoder decoder;
    decoder.states.fill(kernel::rans_low);
    const std::size_t lanes = std::min<std::size_t>(count, kernel::rans_lanes);
    std::memcpy(decoder.states.data(), cursor.take(4 * lanes).data(), 4 * lanes);
    const ByteView words = cursor.take(cursor.left() / 2 * 2);
    cursor.expect_end();
    grow(words_, words.size() / 2);
    if (!words.empty()) std::memcpy(words_.data(), words.data(), words.size());
    decoder.next = words_.data();
    decoder.end = words_.data() + words.size() / 2;

    std::array<std::uint32_t, block> differences;
    std::array<std::uint32_t, block> low{};
    std::array<std::uint8_t, block> exponents;
    std::array<std::uint8_t, block> contexts;
    for (std::size_t first = 0; first < count; first += block) {
        const std::size_t run = std::min(block, count - first);
        const std::byte* from = base.data() + first * bytes;
        kernel::exponent_class(model.format, from, run, model.lowest, exponents.data());
        model.scales.classes(first, run, contexts.data());
        for (std::size_t i = 0; i < run; ++i)
            contexts[i] = table_of[exponents[i] * scale_classes + contexts[i]];
        kernel::rans_decode(decoder, decode_tables_.data(), contexts.data(), run, model.mantissa(),
                            differences.data());
        if (model.low_words) std::memcpy(low.data(), low_words.data() + 4 * first, 4 * run);
        kernel::ulp_apply(model.format, differences.data(), low.data(), from, run,
                          raw.data() + first * bytes);
    }
    const bool settled = std::ranges::all_of(decoder.states, [](auto s) { return s == kernel::rans_low; });
    if (decoder.exhausted || decoder.next != decoder.end || !settled)
        throw CorruptError("a ULP frame does not end as it began");
}

}  // namespace bitx::codec
