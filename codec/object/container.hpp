#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/bytes.hpp"

namespace bitx::codec {

/// An object in a container: a store's objects in one file (FORMAT.md, "Container").
struct ContainerEntry {
    std::string key;           ///< as in a store
    std::uint64_t offset = 0;  ///< of the object's bytes in the container
    std::uint64_t size = 0;    ///< bytes
};

/// The longest key, in bytes.
inline constexpr std::size_t container_key_limit = 255;

/// What a container begins with.
Bytes container_start();

/// What stands before an object's bytes. `key` is 1 to container_key_limit bytes.
Bytes container_entry_head(std::string_view key, std::uint64_t size);

/// Fills `out` from the container's byte `offset` on; the container has as many.
using ReadAt = std::function<void(std::uint64_t offset, MutableByteView out)>;

/// The entries of a container of `size` bytes, in their order; reads only what stands before the objects.
/// Throws CorruptError for what is no container or ends too early, UnsupportedError for a newer one.
std::vector<ContainerEntry> read_container(std::uint64_t size, const ReadAt& read);

}  // namespace bitx::codec
