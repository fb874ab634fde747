#pragma once

#include <memory>

#include "codec/bytes.hpp"

namespace bitx::codec {

/// One-shot zstd with contexts that are kept from call to call. One object a thread.
class Zstd {
  public:
    static constexpr int level = 3;  ///< the level of the ZipLLM paper

    Zstd();
    Zstd(Zstd&&) noexcept;
    Zstd& operator=(Zstd&&) noexcept;
    ~Zstd();

    /// Appends the compressed form of `raw` to `out` and returns its size. With `prefix`, matches may reach
    /// into it.
    std::size_t compress(ByteView raw, Bytes& out, ByteView prefix = {});

    /// Decompresses into `raw`; throws CorruptError unless the result is exactly as long. Needs the same
    /// `prefix`.
    void decompress(ByteView stored, MutableByteView raw, ByteView prefix = {});

  private:
    struct Contexts;
    std::unique_ptr<Contexts> contexts_;
};

}  // namespace bitx::codec
