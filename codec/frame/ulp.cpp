#include "codec/frame/ulp.hpp"

#include <algorithm>
#include <array>

#include "codec/frame/rans_words.hpp"
#include "codec/frame/ulp_low_part.hpp"
#include "codec/kernel/token.hpp"

namespace bitx::codec {
namespace {

// Elements between the stages of a kernel pipeline: what they hand on stays in the first-level cache.
constexpr std::size_t block = 2048;
static_assert(block % kernel::rans_lanes == 0);

// The first byte of a frame (FORMAT.md, "ULP frames").
constexpr std::uint8_t flag_coded = 1;
constexpr std::uint8_t flag_scales = 2;
constexpr std::uint8_t flag_low_parts = 4;
constexpr std::uint8_t flag_laplace = 8;

constexpr const char* wrong_end = "a ULP frame does not end as it began";

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

// The window of exponents that holds the most of some of the base's elements.
kernel::ExponentWindow exponent_window(kernel::NumberFormat format, ByteView base) {
    if (format.exponent_bits == 0) return {};
    const unsigned bytes = format.bits / 8;
    const std::size_t stride = std::max<std::size_t>(1, base.size() / bytes / (1 << 11));
    std::vector<std::uint32_t> counts(std::size_t{1} << format.exponent_bits);
    std::uint32_t total = 0;
    for (std::size_t i = 0; (i + 1) * bytes <= base.size(); i += stride, ++total) {
        std::uint64_t element = 0;
        std::memcpy(&element, base.data() + i * bytes, bytes);
        ++counts[element >> format.mantissa_bits & (counts.size() - 1)];
    }
    // From both ends, what is too rare for a context of its own is left out.
    const std::uint32_t rare = total / 1024;
    std::size_t first = 0;
    std::size_t last = counts.size() - 1;
    for (std::uint32_t out = counts[first]; first < last && out <= rare; out += counts[++first]) {
    }
    for (std::uint32_t out = counts[last]; first < last && out <= rare; out += counts[--last]) {
    }
    // Small exponents move farthest in units in the last place: of too many, the largest stay.
    if (last - first >= kernel::exponent_classes) first = last + 1 - kernel::exponent_classes;
    return {static_cast<unsigned>(first), static_cast<unsigned>(last - first + 1)};
}

// Of each block, a piece is sampled: its size and, so that no columns are left out, another place each time.
struct SamplePiece {
    std::size_t first = 0;
    std::size_t size = 0;
};
SamplePiece sample_piece(std::size_t first, std::size_t count) {
    const std::size_t run = std::min(block, count - first);
    const std::size_t wanted = std::clamp<std::size_t>(count / 8, 1 << 13, 1 << 15);
    const std::size_t size = std::min(run, block * wanted / count);
    return {first + first / block * 619 % (run - size + 1), size};
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
    kernel::ExponentWindow window;
    std::size_t low_part = 0;  ///< bytes of each difference that are stored apart
    UlpScales scales;
    ContextMap map;
    Bytes scales_and_map;  ///< as they are stored
    StoredTables tables;

    unsigned mantissa() const { return kernel::token_mantissa(format.bits / 8); }
};

Bytes UlpCoder::encode(ByteView raw, ByteView base, Dtype dtype, MatrixPlace place) {
    Model model{format_of(dtype)};
    const std::size_t count = raw.size() / width(dtype);
    const ByteView elements = raw.first(count * width(dtype));
    const ByteView tail = raw.subspan(elements.size());
    if (elements.empty() || std::memcmp(elements.data(), base.data(), elements.size()) == 0)
        return front(0, tail);
    model.window = exponent_window(model.format, base);
    model.low_part = fit_low_part(model.format, elements, base);
    analyse(elements, base, model);
    fit(count, place, model);
    const bool scaled = !model.scales.empty();
    ByteWriter out;
    out.append(front(flag_coded | (scaled ? flag_scales : 0U) | (model.low_part != 0 ? flag_low_parts : 0U) |
                         (model.tables.laplace ? flag_laplace : 0U),
                     tail));
    out.varint(model.window.lowest);
    out.integer(static_cast<std::uint8_t>(model.window.count));
    out.append(model.scales_and_map);
    out.append(model.tables.stored);
    encode_elements(elements, base, model, out);
    return std::move(out).finish();
}

void UlpCoder::decode(ByteView stored, ByteView base, Dtype dtype, MutableByteView raw) {
    Model model{format_of(dtype)};
    const std::size_t count = raw.size() / width(dtype);
    const MutableByteView elements = raw.first(count * width(dtype));
    Cursor cursor(stored);
    const auto flags = cursor.integer<std::uint8_t>();
    std::ranges::copy(cursor.take(raw.size() - elements.size()), raw.subspan(elements.size()).begin());
    if (flags == 0) {
        if (!elements.empty()) std::memcpy(elements.data(), base.data(), elements.size());
        return cursor.expect_end();
    }
    if (flags & flag_low_parts) model.low_part = low_part_width(model.format);
    if ((flags & ~(flag_scales | flag_low_parts | flag_laplace)) != flag_coded ||
        ((flags & flag_low_parts) && model.low_part == 0) || count == 0)
        throw CorruptError("a ULP frame has flags that do not exist");
    const unsigned exponents = 1U << model.format.exponent_bits;
    model.window.lowest = static_cast<unsigned>(cursor.varint_up_to(exponents - 1, "an exponent"));
    model.window.count = cursor.integer<std::uint8_t>();
    if (model.window.count == 0 || model.window.count > kernel::exponent_classes ||
        model.window.count > exponents - model.window.lowest)
        throw CorruptError("a frame has exponents that do not exist");
    if (flags & flag_scales) model.scales = read_scales(cursor, count);
    model.map = read_context_map(cursor, model.window.count, !model.scales.empty());
    model.tables.levels = flags & flag_laplace
                              ? read_laplace_tables(cursor, model.map.contexts, model.mantissa())
                              : read_tables(cursor, model.map.contexts);
    decode_elements(cursor, base, model, elements);
}

// The differences of some elements, without their low parts, which go to `low`.
void UlpCoder::differences(const Model& model, ByteView raw, ByteView base, std::size_t first,
                           std::size_t count, std::uint32_t* out, std::byte* low) {
    const unsigned bytes = model.format.bits / 8;
    std::array<std::uint32_t, block> low_words;
    kernel::ulp_difference(model.format, raw.data() + first * bytes, base.data() + first * bytes, count, out,
                           low_words.data());
    if (model.low_part == sizeof(std::uint32_t)) std::memcpy(low, low_words.data(), count * model.low_part);
    if (model.low_part == 1) kernel::split_low(out, count, low);
}

// Fills tokens_ and exponents_, and takes the sample.
void UlpCoder::analyse(ByteView raw, ByteView base, const Model& model) {
    const unsigned bytes = model.format.bits / 8;
    const std::size_t count = raw.size() / bytes;
    grow(tokens_, count);
    grow(exponents_, count);
    sample_.tokens.clear();
    sample_.exponents.clear();
    sample_.elements = count;
    std::array<std::uint32_t, block> z;
    std::array<std::byte, block * sizeof(std::uint32_t)> low;
    for (std::size_t first = 0; first < count; first += block) {
        const std::size_t run = std::min(block, count - first);
        differences(model, raw, base, first, run, z.data(), low.data());
        kernel::exponent_class(model.format, base.data() + first * bytes, run, model.window,
                               &exponents_[first]);
        kernel::tokenize(z.data(), run, model.mantissa(), &tokens_[first]);
        const auto [at, size] = sample_piece(first, count);
        sample_.tokens.insert(sample_.tokens.end(), &tokens_[at], &tokens_[at] + size);
        sample_.exponents.insert(sample_.exponents.end(), &exponents_[at], &exponents_[at] + size);
    }
}

// Chooses the distributions, with scales where they pay for themselves.
void UlpCoder::fit(std::size_t count, MatrixPlace place, Model& model) {
    counts_.assign(model.window.count * kernel::tokens_per_table, 0);
    kernel::count_tokens(sample_.tokens.data(), sample_.exponents.data(), sample_.tokens.size(),
                         counts_.data());
    const FittedMap plain = fit_exponents(sample_, counts_, model.window.count, model.mantissa());
    ByteWriter side;
    append_context_map(plain.map, side);
    model.map = plain.map;
    model.scales_and_map = std::move(side).finish();
    if (count >= least_elements_for_scales && place.row_length >= least_row_length &&
        place.row_length <= count) {
        UlpScales scales =
            fit_scales({tokens_.data(), count}, {exponents_.data(), count}, counts_, model.mantissa(), place);
        sample_.scales.resize(sample_.tokens.size());
        for (std::size_t first = 0, done = 0; first < count; first += block) {
            const auto [at, size] = sample_piece(first, count);
            scales.classes(at, std::span(sample_.scales).subspan(done, size));
            done += size;
        }
        const FittedMap scaled = fit_cells(sample_, model.window.count, model.mantissa());
        ByteWriter scaled_side;
        append_scales(scales, scaled_side);
        append_context_map(scaled.map, scaled_side);
        const std::uint64_t side_cost =
            (std::uint64_t{scaled_side.size()} * 8 << 16) * sample_.tokens.size() / count;
        if (scaled.cost + side_cost < plain.cost) {
            model.map = scaled.map;
            model.scales_and_map = std::move(scaled_side).finish();
            model.scales = std::move(scales);
        }
    }
    count_contexts(count, model);
}

// Fills contexts_, and makes the distributions of what is counted in each.
void UlpCoder::count_contexts(std::size_t count, Model& model) {
    grow(contexts_, count);
    counts_.assign(model.map.contexts * kernel::tokens_per_table, 0);
    std::array<std::uint8_t, block> scales;
    for (std::size_t first = 0; first < count; first += block) {
        const std::size_t run = std::min(block, count - first);
        model.scales.classes(first, std::span(scales).first(run));
        kernel::context_of(model.map.context_of_cell.data(), model.map.exponents, &exponents_[first],
                           scales.data(), run, &contexts_[first]);
        kernel::count_tokens(&tokens_[first], &contexts_[first], run, counts_.data());
    }
    model.tables = fit_tables(counts_, count, model.mantissa());
}

void UlpCoder::encode_elements(ByteView raw, ByteView base, const Model& model, ByteWriter& out) {
    const std::size_t count = raw.size() / (model.format.bits / 8);
    grow(encode_tables_, model.tables.levels.size());
    for (std::size_t t = 0; t < model.tables.levels.size(); ++t) {
        Frequencies frequencies;
        frequencies_of(model.tables.levels[t], frequencies);
        build(frequencies, encode_tables_[t]);
    }
    constexpr std::size_t scribble = 16;
    grow(words_, 3 * count + scribble);
    kernel::RansEncoder encoder;
    encoder.lanes = kernel::lanes_of(count);
    encoder.next = words_.data() + words_.size();
    low_.resize(count * model.low_part);
    std::array<std::uint32_t, block> z;
    for (std::size_t end = count; end > 0;) {
        const std::size_t first = (end - 1) / block * block;
        const std::size_t run = end - first;
        differences(model, raw, base, first, run, z.data(), low_.data() + first * model.low_part);
        kernel::rans_encode(encoder, encode_tables_.data(), &contexts_[first], &tokens_[first], z.data(), run,
                            model.mantissa());
        end = first;
    }
    const auto states = std::as_bytes(std::span(encoder.states).first(encoder.lanes));
    const auto words =
        std::as_bytes(std::span<const std::uint16_t>(encoder.next, words_.data() + words_.size()));
    out.expect(low_.size() + states.size() + words.size());
    out.append(low_);
    out.append(states);
    out.append(words);
}

void UlpCoder::decode_elements(Cursor& cursor, ByteView base, const Model& model, MutableByteView raw) {
    const unsigned bytes = model.format.bits / 8;
    const std::size_t count = raw.size() / bytes;
    grow(decode_tables_, model.tables.levels.size());
    for (std::size_t t = 0; t < model.tables.levels.size(); ++t) {
        Frequencies frequencies;
        if (!frequencies_of(model.tables.levels[t], frequencies))
            throw CorruptError("a distribution is empty");
        build(frequencies, decode_tables_[t]);
    }
    const ByteView low_parts = cursor.take(count * model.low_part);
    kernel::RansDecoder decoder;
    decoder.lanes = kernel::lanes_of(count);
    const ByteView states = cursor.take(4 * decoder.lanes);
    std::memcpy(decoder.states.data(), states.data(), states.size());
    RansWords words(cursor.take(cursor.left() / 2 * 2));
    cursor.expect_end();

    std::array<std::uint32_t, block> z;
    std::array<std::uint32_t, block> low{};
    std::array<std::uint8_t, block> exponents;
    std::array<std::uint8_t, block> scales;
    std::array<std::uint8_t, block> contexts;
    for (std::size_t first = 0; first < count; first += block) {
        const std::size_t run = std::min(block, count - first);
        const std::byte* from = base.data() + first * bytes;
        kernel::exponent_class(model.format, from, run, model.window, exponents.data());
        model.scales.classes(first, std::span(scales).first(run));
        kernel::context_of(model.map.context_of_cell.data(), model.map.exponents, exponents.data(),
                           scales.data(), run, contexts.data());
        decoder.next = words.next(run);
        kernel::rans_decode(decoder, decode_tables_.data(), contexts.data(), run, model.mantissa(), z.data());
        if (!words.taken_to(decoder.next)) throw CorruptError(wrong_end);
        const std::byte* const low_part = low_parts.data() + first * model.low_part;
        if (model.low_part == sizeof(std::uint32_t)) std::memcpy(low.data(), low_part, run * model.low_part);
        if (model.low_part == 1) kernel::join_low(z.data(), run, low_part);
        kernel::ulp_apply(model.format, z.data(), low.data(), from, run, raw.data() + first * bytes);
    }
    if (!words.empty() || decoder.states != kernel::every_state_low) throw CorruptError(wrong_end);
}

}  // namespace bitx::codec
