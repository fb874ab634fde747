#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bitx::agent {

/// Blobs of this size or more are never pointers.
inline constexpr std::size_t lfs_pointer_limit = 1024;

/// What a Git LFS pointer file names.
struct LfsPointer {
    std::string oid;         ///< SHA-256 of the object, 64 lower-case hexadecimal digits
    std::uint64_t size = 0;  ///< bytes of the object

    bool operator==(const LfsPointer&) const = default;
};

/// Parses a pointer file as git-lfs does (its docs/spec.md and lfs/pointer.go): the lines version, oid, size
/// in that order, extension lines "ext-<digit>-<name> …" between them; blank lines and white space around are
/// tolerated. Nothing for any other bytes, the empty file among them (git-lfs never sends its object).
std::optional<LfsPointer> parse_lfs_pointer(std::string_view text);

}  // namespace bitx::agent
