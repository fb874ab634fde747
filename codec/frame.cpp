#include "codec/frame.hpp"

#include <algorithm>
#include <array>

#include "codec/hash.hpp"
#include "codec/kernel/planes.hpp"

namespace bitx::codec {
namespace {

// How one plane is stored (FORMAT.md, "Planes").
enum class PlaneForm : std::uint8_t { raw = 0, zstd = 1, constant = 2 };

// A frame is sampled where it is eight times as long as the sample. A method is tried on the whole frame
// where its sample is at most this much larger than the best so far: short pieces compress less.
constexpr std::size_t sample_size = 16 << 10;
constexpr std::size_t sample_pieces = 4;
constexpr double sample_margin = 1.1;
// Nothing is gained below this size, in bytes.
constexpr std::size_t negligible = 64;

void split(ByteView elements, Dtype dtype, std::byte* planes) {
    const std::size_t count = elements.size() / width(dtype);
    if (dtype == Dtype::bf16)
        kernel::split_bf16_planes(elements.data(), count, planes);
    else
        kernel::split_planes(elements.data(), count, width(dtype), planes);
}

void join(const std::byte* planes, Dtype dtype, MutableByteView elements) {
    const std::size_t count = elements.size() / width(dtype);
    if (dtype == Dtype::bf16)
        kernel::join_bf16_planes(planes, count, elements.data());
    else
        kernel::join_planes(planes, count, width(dtype), elements.data());
}

// `base` where it is shorter than the frame: only that much differs.
void xor_with(MutableByteView elements, ByteView base) {
    kernel::xor_into(elements.data(), base.data(), std::min(elements.size(), base.size()));
}

bool is_constant(ByteView plane) {
    return std::ranges::all_of(plane, [&](std::byte b) { return b == plane.front(); });
}

}  // namespace

std::string_view name(Method method) {
    static constexpr std::array<std::string_view, method_count> names = {"raw", "planes", "bitx", "prefix",
                                                                         "ulp"};
    return names[static_cast<std::size_t>(method)];
}

CodedFrame FrameCoder::encode(ByteView raw, ByteView base, Dtype dtype, MatrixPlace place) {
    base = base.first(std::min(base.size(), raw.size()));
    CodedFrame frame;
    frame.checksum = checksum(raw);

    // The method that is expected to be best comes first; the others are tried where they may be smaller.
    std::vector<Method> methods = {Method::planes};
    if (!base.empty() && dtype == Dtype::bytes) methods = {Method::prefix, Method::planes};
    if (!base.empty() && dtype != Dtype::bytes) methods = {Method::ulp, Method::bitx, Method::planes};
    frame.method = methods.front();
    frame.stored = code(frame.method, raw, base, dtype, place);
    for (const Method method : std::span(methods).subspan(1)) {
        const double ratio = static_cast<double>(frame.stored.size()) / static_cast<double>(raw.size());
        if (frame.stored.size() < negligible) break;
        if (sampled_ratio(method, raw, base, dtype) > ratio * sample_margin) continue;
        Bytes stored = code(method, raw, base, dtype, place);
        if (stored.size() >= frame.stored.size()) continue;
        frame.method = method;
        frame.stored = std::move(stored);
    }
    if (frame.stored.size() >= raw.size()) {
        frame.method = Method::raw;
        frame.stored.assign(raw.begin(), raw.end());
    }
    return frame;
}

Bytes FrameCoder::code(Method method, ByteView raw, ByteView base, Dtype dtype, MatrixPlace place) {
    Bytes stored;
    switch (method) {
        case Method::prefix:
            zstd_.compress(raw, stored, base);
            break;
        case Method::ulp:
            return ulp_.encode(raw, padded(base, raw.size()), dtype, place);
        case Method::bitx:
            elements_.assign(raw.begin(), raw.end());
            xor_with(elements_, base);
            append_planes(elements_, dtype, stored);
            break;
        default:
            append_planes(raw, dtype, stored);
    }
    return stored;
}

// The share of raw that a method needs of some pieces of the frame; 0 for a frame too short to be sampled.
double FrameCoder::sampled_ratio(Method method, ByteView raw, ByteView base, Dtype dtype) {
    if (raw.size() < 8 * sample_size) return 0;
    Bytes sample;
    Bytes sample_base;
    for (std::size_t i = 0; i < sample_pieces; ++i) {
        const std::size_t start = raw.size() / sample_pieces * i / 8 * 8;
        const ByteView piece = raw.subspan(start, sample_size / sample_pieces);
        sample.insert(sample.end(), piece.begin(), piece.end());
        const std::size_t base_start = std::min(start, base.size());
        const ByteView base_piece =
            base.subspan(base_start, std::min(base.size() - base_start, piece.size()));
        sample_base.insert(sample_base.end(), base_piece.begin(), base_piece.end());
        sample_base.resize(base.empty() ? 0 : sample.size());
    }
    return static_cast<double>(code(method, sample, sample_base, dtype, {}).size()) /
           static_cast<double>(sample.size());
}

ByteView FrameCoder::padded(ByteView base, std::size_t size) {
    if (base.size() == size) return base;
    base_.assign(base.begin(), base.end());
    base_.resize(size);
    return base_;
}

void FrameCoder::decode(Method method, ByteView stored, ByteView base, Dtype dtype, std::uint64_t expected,
                        MutableByteView raw) {
    base = base.first(std::min(base.size(), raw.size()));
    switch (method) {
        case Method::raw:
            if (stored.size() != raw.size())
                throw CorruptError("a raw frame has another size than it should");
            std::ranges::copy(stored, raw.begin());
            break;
        case Method::planes:
            read_planes(stored, dtype, raw);
            break;
        case Method::bitx:
            read_planes(stored, dtype, raw);
            xor_with(raw, base);
            break;
        case Method::prefix:
            zstd_.decompress(stored, raw, base);
            break;
        case Method::ulp:
            ulp_.decode(stored, padded(base, raw.size()), dtype, raw);
            break;
        default:
            throw UnsupportedError("a frame is coded by a method that this version does not know");
    }
    if (checksum(raw) != expected) throw CorruptError("a frame does not match its checksum");
}

// The elements' bytes past the last whole element (odd tails of malformed lengths) follow the planes as they
// are.
void FrameCoder::append_planes(ByteView elements, Dtype dtype, Bytes& out) {
    const std::size_t count = elements.size() / width(dtype);
    planes_.resize(count * width(dtype));
    split(elements, dtype, planes_.data());
    for (unsigned p = 0; p < width(dtype) && count > 0; ++p) {
        const ByteView plane = ByteView(planes_).subspan(p * count, count);
        const std::size_t start = out.size();
        out.resize(start + 5);
        auto form = PlaneForm::zstd;
        if (is_constant(plane)) {
            form = PlaneForm::constant;
            out.push_back(plane.front());
        } else if (zstd_.compress(plane, out) >= count) {
            form = PlaneForm::raw;
            out.resize(start + 5);
            out.insert(out.end(), plane.begin(), plane.end());
        }
        const auto length = static_cast<std::uint32_t>(out.size() - start - 5);
        out[start] = static_cast<std::byte>(form);
        std::memcpy(&out[start + 1], &length, sizeof length);
    }
    const ByteView tail = elements.subspan(planes_.size());
    out.insert(out.end(), tail.begin(), tail.end());
}

void FrameCoder::read_planes(ByteView stored, Dtype dtype, MutableByteView elements) {
    const std::size_t count = elements.size() / width(dtype);
    planes_.resize(count * width(dtype));
    Cursor cursor(stored);
    for (unsigned p = 0; p < width(dtype) && count > 0; ++p) {
        const MutableByteView plane = MutableByteView(planes_).subspan(p * count, count);
        const auto form = static_cast<PlaneForm>(cursor.integer<std::uint8_t>());
        const ByteView content = cursor.take(cursor.integer<std::uint32_t>());
        if (form == PlaneForm::constant && content.size() == 1)
            std::ranges::fill(plane, content.front());
        else if (form == PlaneForm::raw && content.size() == count)
            std::ranges::copy(content, plane.begin());
        else if (form == PlaneForm::zstd)
            zstd_.decompress(content, plane);
        else
            throw CorruptError("a plane is stored in a form that does not exist");
    }
    join(planes_.data(), dtype, elements);
    std::ranges::copy(cursor.take(elements.size() - planes_.size()),
                      elements.begin() + static_cast<std::ptrdiff_t>(planes_.size()));
    cursor.expect_end();
}

}  // namespace bitx::codec
