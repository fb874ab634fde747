#pragma once

#include <filesystem>
#include <optional>

#include "agent/file.hpp"
#include "codec/bytes.hpp"
#include "remote/engine.hpp"

namespace bitx::agent {

/// Coded frames of a blob, until its header is known: in memory, or in a temporary file that goes with the
/// object.
class Spool {
  public:
    /// In memory.
    Spool() = default;
    /// In a new file of `directory`.
    explicit Spool(const std::filesystem::path& directory);
    Spool(const Spool&) = delete;
    Spool& operator=(const Spool&) = delete;
    ~Spool();

    void append(codec::ByteView bytes);

    /// A body of `header` and then all that was appended. `header` is extended where the frames are in
    /// memory; it and the spool must outlive the body.
    remote::Body body(codec::Bytes& header) const;

  private:
    codec::Bytes memory_;
    std::optional<File> file_;
    std::uint64_t size_ = 0;
};

}  // namespace bitx::agent
