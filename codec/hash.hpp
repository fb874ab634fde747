#pragma once

#include <array>
#include <compare>
#include <memory>
#include <string>
#include <string_view>

#include "codec/bytes.hpp"

namespace bitx::codec {

/// A SHA-256 digest: the name of a run of bytes.
struct Digest {
    std::array<std::byte, 32> bytes{};

    std::string hex() const;
    /// Reads 64 lower-case hexadecimal digits; throws CorruptError for anything else.
    static Digest from_hex(std::string_view text);

    auto operator<=>(const Digest&) const = default;
};

/// For unordered containers: a digest is uniformly distributed already.
struct DigestHash {
    std::size_t operator()(const Digest& digest) const {
        std::size_t value;
        std::memcpy(&value, digest.bytes.data(), sizeof value);
        return value;
    }
};

/// Incremental SHA-256 (FIPS 180-4, by libcrypto). Movable, not shared between threads.
class Sha256 {
  public:
    Sha256();
    Sha256(Sha256&&) noexcept;
    Sha256& operator=(Sha256&&) noexcept;
    ~Sha256();

    void update(ByteView bytes);
    /// The digest of all that was given; call once.
    Digest finish();

    static Digest of(ByteView bytes);

  private:
    struct Context;
    std::unique_ptr<Context> context_;
};

/// XXH3, 64 bits, seed 0: the checksum of stored headers and of decoded frames.
std::uint64_t checksum(ByteView bytes);

}  // namespace bitx::codec
