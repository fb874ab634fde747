#pragma once

#include "codec/bytes.hpp"
#include "codec/object/blob.hpp"

namespace bitx::codec {

/// The tag of SHA-256 in stored references (FORMAT.md, "References").
inline constexpr std::uint8_t sha256_algorithm = 1;

/// Throws UnsupportedError for the tag of another hash algorithm.
inline void check_algorithm(std::uint8_t algorithm) {
    if (algorithm != sha256_algorithm)
        throw UnsupportedError("it uses a hash algorithm that this version does not know");
}

inline Digest read_digest(Cursor& cursor) {
    Digest digest;
    std::memcpy(digest.bytes.data(), cursor.take(digest.bytes.size()).data(), digest.bytes.size());
    return digest;
}

inline void write_key(ByteWriter& writer, const BlobKey& key) {
    writer.integer(sha256_algorithm);
    writer.append(key.sha256.bytes);
    writer.integer(key.depth);
}

/// Throws CorruptError for a depth that no blob has.
inline BlobKey read_key(Cursor& cursor) {
    check_algorithm(cursor.integer<std::uint8_t>());
    BlobKey key;
    key.sha256 = read_digest(cursor);
    key.depth = cursor.integer<std::uint8_t>();
    if (key.depth > max_depth) throw CorruptError("a reference is deeper than any blob");
    return key;
}

}  // namespace bitx::codec
