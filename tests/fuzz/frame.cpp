#include "codec/frame/frame.hpp"

#include <algorithm>

#include "codec/hash.hpp"
#include "tests/fuzz/target.hpp"

namespace bitx::fuzz {

using namespace codec;

void frame(ByteView input) {
    if (input.size() < 6) return;
    Cursor cursor(input);
    const auto method = static_cast<Method>(cursor.integer<std::uint8_t>());
    const auto dtype = static_cast<Dtype>(cursor.integer<std::uint8_t>() % dtype_count);
    Bytes raw(cursor.integer<std::uint16_t>());
    const auto base_length = cursor.integer<std::uint16_t>();
    const ByteView base = cursor.take(std::min<std::uint64_t>(base_length, cursor.left()));
    const ByteView stored = cursor.take(cursor.left());
    FrameCoder coder;
    // The checksum of what the bytes decode to is not known beforehand: the first try says it.
    for (int i = 0; i < 2; ++i) {
        try {
            coder.decode(method, stored, base, dtype, checksum(raw), raw);
            return;
        } catch (const Error&) {
        }
    }
}

void frame_round_trip(ByteView input) {
    if (input.size() < 11) return;
    Cursor cursor(input);
    const auto dtype = static_cast<Dtype>(cursor.integer<std::uint8_t>() % dtype_count);
    MatrixPlace place{.row_length = cursor.integer<std::uint16_t>()};
    const auto column = cursor.integer<std::uint16_t>();
    if (place.row_length > 0) place.column = column % place.row_length;
    const auto damaged = cursor.integer<std::uint16_t>();
    const auto flipped = cursor.integer<std::uint8_t>();
    const auto base_length = cursor.integer<std::uint16_t>();
    const ByteView base = cursor.take(std::min<std::uint64_t>(base_length, cursor.left()));
    const ByteView raw = cursor.take(cursor.left());
    if (raw.empty()) return;
    FrameCoder coder;
    CodedFrame frame = coder.encode(raw, base, dtype, place);
    require(frame.stored.size() <= raw.size(), "a frame is never stored longer than it is");
    require(!uses_base(frame.method) || !base.empty(), "a frame without base does not use one");
    // Of exactly the stored size, so that a read past the end is one past the allocation.
    Bytes decoded(raw.size());
    const auto decode = [&](const Bytes& stored) {
        coder.decode(frame.method, Bytes(stored), base, dtype, frame.checksum, decoded);
        require(std::ranges::equal(decoded, raw), "a frame decodes to what was coded, or not at all");
    };
    decode(frame.stored);

    frame.stored[damaged % frame.stored.size()] ^= static_cast<std::byte>(flipped);
    try {
        decode(frame.stored);
    } catch (const CorruptError&) {
    }
    frame.stored.resize(damaged % frame.stored.size());
    try {
        decode(frame.stored);
    } catch (const CorruptError&) {
    }
}

}  // namespace bitx::fuzz
