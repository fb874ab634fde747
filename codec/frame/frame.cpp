#include "codec/frame/frame.hpp"

#include <algorithm>
#include <array>

#include "codec/hash.hpp"
#include "codec/kernel/planes.hpp"

namespace bitx::codec {
namespace {

// A method is first tried on a sample: this share of the frame, at least so many bytes, in pieces. A frame
// that is not longer than that is tried whole.
constexpr std::size_t sample_share = 32;
constexpr std::size_t least_sample = 8 << 10;
constexpr std::size_t sample_pieces = 4;
// Nothing is gained below this size, in bytes.
constexpr std::size_t negligible = 64;

// How much smaller a method may be on a whole frame than on its sample: short runs say less of their
// distributions and repetitions.
constexpr double gain_by_length(Method method) {
    return method == Method::exponent ? 1.05 : 1.02;
}

// `base` where it is shorter than the frame: only that much differs.
void xor_with(MutableByteView elements, ByteView base) {
    kernel::xor_into(elements.data(), base.data(), std::min(elements.size(), base.size()));
}

// How elements are coded without a base.
Method solo_method(Dtype dtype) {
    return magnitude_planes(dtype).octave > 0 || (width(dtype) == 1 && dtype != Dtype::bytes)
               ? Method::exponent
               : Method::planes;
}

}  // namespace

std::string_view name(Method method) {
    static constexpr std::array<std::string_view, method_count> names = {"raw",    "planes", "bitx",
                                                                         "prefix", "ulp",    "exponent"};
    return names[static_cast<std::size_t>(method)];
}

CodedFrame FrameCoder::encode(ByteView raw, ByteView base, Dtype dtype, MatrixPlace place) {
    base = base.first(std::min(base.size(), raw.size()));
    const Method solo = solo_method(dtype);
    // The method that is expected to be best comes first; the others are tried where they may be smaller.
    std::vector<Method> methods = {solo};
    if (!base.empty() && dtype == Dtype::bytes) methods = {Method::prefix, solo};
    if (!base.empty() && dtype != Dtype::bytes) methods = {Method::ulp, solo, Method::bitx};
    if (all_equal(raw, width(dtype)) && !std::ranges::equal(raw, base)) methods = {solo};
    CodedFrame frame = encode_by(methods.front(), raw, base, dtype, place);
    for (const Method method : std::span(methods).subspan(1)) {
        if (frame.stored.size() < negligible) break;
        const double ratio = static_cast<double>(frame.stored.size()) / static_cast<double>(raw.size());
        if (expected_ratio(method, raw, base, dtype) > ratio * gain_by_length(method)) continue;
        Bytes stored = code(method, raw, base, dtype, place);
        if (stored.size() >= frame.stored.size()) continue;
        frame.method = method;
        frame.stored = std::move(stored);
    }
    return frame.stored.size() < raw.size() ? frame : encode_by(Method::raw, raw, base, dtype, place);
}

CodedFrame FrameCoder::encode_by(Method method, ByteView raw, ByteView base, Dtype dtype, MatrixPlace place) {
    base = base.first(std::min(base.size(), raw.size()));
    return {method, checksum(raw), code(method, raw, base, dtype, place)};
}

Bytes FrameCoder::code(Method method, ByteView raw, ByteView base, Dtype dtype, MatrixPlace place) {
    Bytes stored;
    switch (method) {
        case Method::raw:
            stored.assign(raw.begin(), raw.end());
            break;
        case Method::prefix:
            zstd_.compress(raw, stored, base);
            break;
        case Method::ulp:
            return ulp_.encode(raw, padded(base, raw.size()), dtype, place);
        case Method::bitx:
            elements_.assign(raw.begin(), raw.end());
            xor_with(elements_, base);
            planes_.append_compressed(elements_, byte_planes(dtype), zstd_, stored);
            break;
        case Method::exponent:
            planes_.append_coded(raw, magnitude_planes(dtype), place, zstd_, stored);
            break;
        default:
            planes_.append_compressed(raw, byte_planes(dtype), zstd_, stored);
    }
    return stored;
}

// The share of raw that a method needs at least, judged by some pieces of the frame; 0 where a short frame
// does not tell.
double FrameCoder::expected_ratio(Method method, ByteView raw, ByteView base, Dtype dtype) {
    const std::size_t size = std::max(least_sample, raw.size() / sample_share);
    const bool whole = raw.size() < 2 * size;
    Bytes sample;
    Bytes sample_base;
    for (std::size_t i = 0; i < sample_pieces && !whole; ++i) {
        const std::size_t start = raw.size() / sample_pieces * i / 8 * 8;
        const ByteView piece = raw.subspan(start, size / sample_pieces / 8 * 8);
        sample.insert(sample.end(), piece.begin(), piece.end());
        const ByteView rest = base.subspan(std::min(start, base.size()));
        const ByteView base_piece = rest.first(std::min(rest.size(), piece.size()));
        sample_base.insert(sample_base.end(), base_piece.begin(), base_piece.end());
        sample_base.resize(base.empty() ? 0 : sample.size());
    }
    if (!whole) {
        raw = sample;
        base = sample_base;
    }
    const double least = least_ratio(method, raw, base, dtype);
    if (least > 0 || whole) return least;
    return static_cast<double>(code(method, raw, base, dtype, {}).size()) / static_cast<double>(raw.size());
}

double FrameCoder::least_ratio(Method method, ByteView raw, ByteView base, Dtype dtype) {
    switch (method) {
        case Method::bitx:
            elements_.assign(raw.begin(), raw.end());
            xor_with(elements_, base);
            return planes_.least_ratio(elements_, byte_planes(dtype));
        case Method::exponent:
            return planes_.least_ratio(raw, magnitude_planes(dtype));
        case Method::planes:
            return planes_.least_ratio(raw, byte_planes(dtype));
        default:
            return 0;
    }
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
            planes_.read(stored, byte_planes(dtype), zstd_, raw);
            break;
        case Method::exponent:
            planes_.read(stored, magnitude_planes(dtype), zstd_, raw);
            break;
        case Method::bitx:
            planes_.read(stored, byte_planes(dtype), zstd_, raw);
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

}  // namespace bitx::codec
