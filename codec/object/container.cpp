#include "codec/object/container.hpp"

#include <algorithm>

#include "codec/hash.hpp"

namespace bitx::codec {
namespace {

constexpr std::string_view magic = "BITXpack";
constexpr std::uint16_t version = 1;
constexpr std::size_t start_size = magic.size() + 2 * sizeof(std::uint16_t);
// Beside the key: its length before it, size and checksum behind it.
constexpr std::size_t entry_size = 1 + 2 * sizeof(std::uint64_t);

Cursor read_piece(const ReadAt& read, std::uint64_t size, std::uint64_t offset, std::size_t length,
                  Bytes& piece) {
    if (length > size - offset) throw CorruptError("it ends too early: it was cut off");
    piece.resize(length);
    read(offset, piece);
    return Cursor(piece);
}

}  // namespace

Bytes container_start() {
    ByteWriter out;
    out.append(as_bytes(magic));
    out.integer(version);
    out.integer(std::uint16_t{0});
    return std::move(out).finish();
}

Bytes container_entry_head(std::string_view key, std::uint64_t size) {
    if (key.empty() || key.size() > container_key_limit)
        throw Error("a key of " + std::to_string(key.size()) + " bytes does not fit a container");
    ByteWriter out;
    out.integer(static_cast<std::uint8_t>(key.size()));
    out.append(as_bytes(key));
    out.integer(size);
    out.integer(checksum(out.view()));
    return std::move(out).finish();
}

std::vector<ContainerEntry> read_container(std::uint64_t size, const ReadAt& read) {
    Bytes piece;
    if (size < start_size) throw CorruptError("it is not a container");
    Cursor start = read_piece(read, size, 0, start_size, piece);
    if (as_text(start.take(magic.size())) != magic) throw CorruptError("it is not a container");
    if (start.integer<std::uint16_t>() != version)
        throw UnsupportedError("it is a container of a newer format");
    if (start.integer<std::uint16_t>() != 0)
        throw UnsupportedError("it needs a feature that this version does not know");
    std::vector<ContainerEntry> entries;
    for (std::uint64_t offset = start_size; offset < size;) {
        const auto key_size = read_piece(read, size, offset, 1, piece).integer<std::uint8_t>();
        const std::size_t head_size = entry_size + key_size;
        Cursor head = read_piece(read, size, offset, head_size, piece);
        head.take(1);
        ContainerEntry entry{std::string(as_text(head.take(key_size))), offset + head_size,
                             head.integer<std::uint64_t>()};
        if (key_size == 0 || head.integer<std::uint64_t>() !=
                                 checksum(ByteView(piece).first(head_size - sizeof(std::uint64_t))))
            throw CorruptError("what stands before an object does not match its checksum");
        if (entry.size > size - entry.offset) throw CorruptError("it ends too early: it was cut off");
        offset = entry.offset + entry.size;
        entries.push_back(std::move(entry));
    }
    return entries;
}

}  // namespace bitx::codec
