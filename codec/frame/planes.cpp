#include "codec/frame/planes.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <numbers>

#include "codec/kernel/planes.hpp"

namespace bitx::codec {
namespace {

// How one plane is stored (FORMAT.md, "Planes").
enum class PlaneForm : std::uint8_t { raw = 0, zstd = 1, constant = 2, coded = 3 };

constexpr std::size_t widest = 8;

// A plane is judged by a sample of this many bytes, in pieces; a shorter one whole.
constexpr std::size_t sample_size = 16 << 10;
constexpr std::size_t sample_pieces = 8;
// Bits a byte above which a plane is noise.
constexpr double noise = 7.95;

ByteView sample_of(ByteView plane, Bytes& scratch) {
    if (plane.size() <= 2 * sample_size) return plane;
    scratch.clear();
    for (std::size_t i = 0; i < sample_pieces; ++i) {
        const ByteView piece = plane.subspan(plane.size() / sample_pieces * i, sample_size / sample_pieces);
        scratch.insert(scratch.end(), piece.begin(), piece.end());
    }
    return scratch;
}

// Whether words of 8 bytes come again: one in 32, chosen by its hash, is remembered and looked up. Numbers
// that were trained do not repeat; tables, masks and copied rows do.
bool has_repeats(ByteView elements) {
    constexpr unsigned table_bits = 12;
    std::array<std::uint64_t, 1U << table_bits> seen{};
    std::size_t chosen = 0;
    std::size_t repeated = 0;
    for (std::size_t i = 0; i + 8 <= elements.size(); i += 8) {
        std::uint64_t word;
        std::memcpy(&word, &elements[i], sizeof word);
        const std::uint64_t hash = (word + 1) * 0x9E3779B97F4A7C15U;
        if (hash >> 59 != 0) continue;
        ++chosen;
        std::uint64_t& place = seen[hash >> (59 - table_bits) & ((1U << table_bits) - 1)];
        repeated += place == word + 1;
        place = word + 1;
    }
    return 32 * repeated > chosen;
}

// Fills `elements` with copies of what its first `width` bytes hold.
void repeat_first(MutableByteView elements, std::size_t width) {
    for (std::size_t done = width; done < elements.size();) {
        const std::size_t run = std::min(done, elements.size() - done);
        std::memcpy(&elements[done], elements.data(), run);
        done += run;
    }
}

void append_form(PlaneForm form, ByteView content, Bytes& out) {
    ByteWriter head;
    head.integer(static_cast<std::uint8_t>(form));
    head.integer(static_cast<std::uint32_t>(content.size()));
    out.insert(out.end(), head.view().begin(), head.view().end());
    out.insert(out.end(), content.begin(), content.end());
}

}  // namespace

PlaneLayout byte_planes(Dtype dtype) {
    return {width(dtype), dtype == Dtype::bf16 ? 1U : 0U, 0};
}

PlaneLayout magnitude_planes(Dtype dtype) {
    switch (dtype) {
        case Dtype::f64:
            return {8, 4, 1};  // the lower 8 of 11 bits of the exponent
        case Dtype::f32:
            return {4, 1, 1};
        case Dtype::bf16:
            return {2, 1, 1};
        case Dtype::f16:
            return {2, 1, 8};
        case Dtype::f8_e4m3:
            return {1, 1, 16};
        case Dtype::f8_e5m2:
            return {1, 1, 8};
        default:
            return {width(dtype), 0, 0};
    }
}

bool all_equal(ByteView elements, std::size_t width) {
    return elements.size() <= width ||
           std::memcmp(elements.data(), elements.data() + width, elements.size() - width) == 0;
}

// The bytes past the last whole element (odd tails of malformed lengths) follow the planes as they are.
template <typename AppendPlane>
void PlaneCoder::append(ByteView elements, PlaneLayout layout, Bytes& out, AppendPlane append_plane) {
    const std::size_t count = elements.size() / layout.width;
    const ByteView whole = elements.first(count * layout.width);
    const std::size_t different = all_equal(whole, layout.width) ? std::min<std::size_t>(count, 1) : count;
    planes_.resize(different * layout.width);
    kernel::split_planes(whole.data(), different, layout.width, layout.rotation, planes_.data());
    for (unsigned p = 0; p < layout.width && count > 0; ++p) {
        const ByteView plane = ByteView(planes_).subspan(p * different, different);
        if (all_equal(plane, 1))
            append_form(PlaneForm::constant, plane.first(1), out);
        else
            append_plane(p, plane);
    }
    out.insert(out.end(), elements.begin() + static_cast<std::ptrdiff_t>(whole.size()), elements.end());
}

void PlaneCoder::append_compressed(ByteView elements, PlaneLayout layout, Zstd& zstd, Bytes& out) {
    append(elements, layout, out, [&](unsigned, ByteView plane) {
        scratch_.clear();
        if (zstd.compress(plane, scratch_) < plane.size())
            append_form(PlaneForm::zstd, scratch_, out);
        else
            append_form(PlaneForm::raw, plane, out);
    });
}

void PlaneCoder::append_coded(ByteView elements, PlaneLayout layout, MatrixPlace place, Zstd& zstd,
                              Bytes& out) {
    const bool repeats = !all_equal(elements, layout.width) && has_repeats(elements);
    append(elements, layout, out, [&](unsigned p, ByteView plane) {
        Bytes pieces;
        const ByteView sample = sample_of(plane, pieces);
        const double bits = entropy(count_bytes(sample));
        if (bits > noise && !repeats) return append_form(PlaneForm::raw, plane, out);

        scratch_.clear();
        entropy_.append(plane, p + 1 == layout.width ? layout.octave : 0, place, scratch_);
        auto form = PlaneForm::coded;
        Bytes compressed;
        const auto sampled = [&] {
            Bytes trial;
            return 8 * static_cast<double>(zstd.compress(sample, trial)) / static_cast<double>(sample.size());
        };
        if (repeats || sampled() < bits)
            if (zstd.compress(plane, compressed) < scratch_.size()) {
                form = PlaneForm::zstd;
                scratch_.swap(compressed);
            }
        if (scratch_.size() < plane.size())
            append_form(form, scratch_, out);
        else
            append_form(PlaneForm::raw, plane, out);
    });
}

// The entropy of what few bytes show is too low, by about half a bit for each value that occurs (Miller,
// "Note on the bias of information estimates", 1955).
double PlaneCoder::least_ratio(ByteView elements, PlaneLayout layout) {
    if (has_repeats(elements)) return 0;
    constexpr double half_a_bit = 0.5 * std::numbers::log2e;
    const std::size_t count = elements.size() / layout.width;
    planes_.resize(count * layout.width);
    kernel::split_planes(elements.data(), count, layout.width, layout.rotation, planes_.data());
    double bits = 0;
    for (unsigned p = 0; p < layout.width && count > 0; ++p) {
        const ByteCounts counts = count_bytes(ByteView(planes_).subspan(p * count, count));
        const auto values = static_cast<double>(256 - std::ranges::count(counts, 0U));
        bits += std::min(8.0 * static_cast<double>(count),
                         entropy(counts) * static_cast<double>(count) + half_a_bit * (values - 1));
    }
    return bits / (8.0 * static_cast<double>(elements.size()));
}

void PlaneCoder::read(ByteView stored, PlaneLayout layout, Zstd& zstd, MutableByteView elements) {
    const std::size_t count = elements.size() / layout.width;
    Cursor cursor(stored);
    std::array<std::pair<PlaneForm, ByteView>, widest> planes;
    bool constant = count > 0;
    for (unsigned p = 0; p < layout.width && count > 0; ++p) {
        const auto form = static_cast<PlaneForm>(cursor.integer<std::uint8_t>());
        planes[p] = {form, cursor.take(cursor.integer<std::uint32_t>())};
        constant &= form == PlaneForm::constant;
    }
    const std::size_t different = constant ? 1 : count;
    planes_.resize(different * layout.width);
    for (unsigned p = 0; p < layout.width && count > 0; ++p) {
        const MutableByteView plane = MutableByteView(planes_).subspan(p * different, different);
        const auto [form, content] = planes[p];
        if (form == PlaneForm::constant && content.size() == 1)
            std::ranges::fill(plane, content.front());
        else if (form == PlaneForm::raw && content.size() == count)
            std::ranges::copy(content, plane.begin());
        else if (form == PlaneForm::zstd)
            zstd.decompress(content, plane);
        else if (form == PlaneForm::coded)
            entropy_.read(content, plane);
        else
            throw CorruptError("a plane is stored in a form that does not exist");
    }
    const MutableByteView whole = elements.first(count * layout.width);
    kernel::join_planes(planes_.data(), different, layout.width, layout.rotation, whole.data());
    if (constant) repeat_first(whole, layout.width);
    std::ranges::copy(cursor.take(elements.size() - whole.size()), elements.subspan(whole.size()).begin());
    cursor.expect_end();
}

}  // namespace bitx::codec
