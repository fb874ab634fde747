#pragma once

#include "remote/engine.hpp"
#include "remote/file/descriptor.hpp"

namespace bitx::remote {

/// Bytes of a whole body. Throws Error where its file cannot be read.
std::uint64_t body_size(const Body& body);

/// Reads a part of a body, over memory and file together. Not shared between threads.
class BodyReader {
  public:
    /// Throws Error where the body's file cannot be opened.
    explicit BodyReader(const Body& body, ByteRange part = {});

    /// Bytes of the part: at most what the body has.
    std::uint64_t size() const { return end_ - start_; }
    /// The next bytes of the part, 0 at its end. Throws Error where the file cannot be read or became
    /// shorter.
    std::size_t read(std::span<std::byte> into);
    /// Continues at `offset` of the part.
    void seek(std::uint64_t offset) { at_ = start_ + offset; }

  private:
    Body body_;
    Descriptor file_;
    std::uint64_t start_ = 0;
    std::uint64_t end_ = 0;
    std::uint64_t at_ = 0;
};

}  // namespace bitx::remote
