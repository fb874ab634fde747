#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "codec/error.hpp"

namespace bitx::codec {

using Bytes = std::vector<std::byte>;
using ByteView = std::span<const std::byte>;
using MutableByteView = std::span<std::byte>;

static_assert(std::endian::native == std::endian::little,
              "stored integers are copied as they are: little-endian");

inline ByteView as_bytes(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}
inline std::string_view as_text(ByteView bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Memory of a fixed size that is not set to anything: for what is about to be filled as a whole.
class Buffer {
  public:
    Buffer() = default;
    explicit Buffer(std::size_t size)
        : bytes_(std::make_unique_for_overwrite<std::byte[]>(size)), size_(size) {}

    std::byte* data() const { return bytes_.get(); }
    std::size_t size() const { return size_; }
    operator MutableByteView() const { return {bytes_.get(), size_}; }
    operator ByteView() const { return {bytes_.get(), size_}; }

  private:
    std::unique_ptr<std::byte[]> bytes_;
    std::size_t size_ = 0;
};

/// Reads a foreign byte string from front to back; every read is checked against what is left and throws
/// CorruptError past the end. The bytes must outlive the cursor and the views that it returns.
class Cursor {
  public:
    explicit Cursor(ByteView bytes) : rest_(bytes) {}

    std::size_t left() const { return rest_.size(); }

    ByteView take(std::uint64_t count) {
        if (count > rest_.size()) throw CorruptError("it ends too early");
        const ByteView taken = rest_.first(static_cast<std::size_t>(count));
        rest_ = rest_.subspan(static_cast<std::size_t>(count));
        return taken;
    }

    /// A fixed-width little-endian integer.
    template <std::unsigned_integral T>
    T integer() {
        T value;
        std::memcpy(&value, take(sizeof(T)).data(), sizeof(T));
        return value;
    }

    /// An unsigned LEB128 integer of at most 64 bits, in its shortest form.
    std::uint64_t varint() {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            const auto byte = integer<std::uint8_t>();
            if (shift == 63 && byte > 1) throw CorruptError("an integer has more than 64 bits");
            value |= std::uint64_t{byte & 0x7fU} << shift;
            if (byte < 0x80) {
                if (byte == 0 && shift > 0) throw CorruptError("an integer is not in its shortest form");
                return value;
            }
        }
        throw CorruptError("an integer has more than 64 bits");
    }

    /// A count or length read as a varint, refused above `limit`: to be used before anything is allocated by
    /// it.
    std::uint64_t varint_up_to(std::uint64_t limit, const char* what) {
        const std::uint64_t value = varint();
        if (value > limit) throw CorruptError(std::string(what) + " is beyond its limit");
        return value;
    }

    void expect_end() const {
        if (!rest_.empty()) throw CorruptError("bytes are left over at its end");
    }

  private:
    ByteView rest_;
};

/// Appends to a byte string in the encodings that Cursor reads.
class ByteWriter {
  public:
    /// So many bytes more will be appended, about.
    void expect(std::size_t more) { bytes_.reserve(bytes_.size() + more); }

    void append(ByteView bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }

    template <std::unsigned_integral T>
    void integer(T value) {
        append(std::as_bytes(std::span(&value, 1)));
    }

    void varint(std::uint64_t value) {
        while (value >= 0x80) {
            integer(static_cast<std::uint8_t>(value | 0x80));
            value >>= 7;
        }
        integer(static_cast<std::uint8_t>(value));
    }

    std::size_t size() const { return bytes_.size(); }
    ByteView view() const { return bytes_; }
    Bytes finish() && { return std::move(bytes_); }

  private:
    Bytes bytes_;
};

}  // namespace bitx::codec
