#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "codec/bytes.hpp"
#include "codec/hash.hpp"

namespace bitx::codec {

/// One LFS object of a published model.
struct ManifestFile {
    std::string path;  ///< in the repository, '/'-separated bytes
    std::uint64_t size = 0;
    Digest oid;

    bool operator==(const ManifestFile&) const = default;
};

/// A published model (FORMAT.md, "Manifest").
struct Manifest {
    std::string model;   ///< "org/name"
    std::string commit;  ///< hexadecimal id of the git commit; empty where it comes from no commit
    std::vector<ManifestFile> files;

    bool operator==(const Manifest&) const = default;
};

/// The canonical bytes of a manifest: files sorted by path. Their SHA-256 is its revision. Throws Error for
/// two files at one path and a commit that is not hexadecimal.
Bytes write_manifest(Manifest manifest);

/// The largest manifest that is read, in bytes.
inline constexpr std::uint64_t manifest_limit = 64 << 20;

/// Throws CorruptError for anything but canonical bytes, UnsupportedError for a newer format.
Manifest read_manifest(ByteView bytes);

}  // namespace bitx::codec
