#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/bench/coder/frames.hpp"

namespace bitx::bench {

/// A coded frame.
struct Stored {
    codec::Bytes head;  ///< what is known of a frame besides: its method, its checksum
    codec::Bytes bytes;

    std::size_t size() const { return head.size() + bytes.size(); }
};

/// One way of coding a frame, from memory to memory. One object a thread.
class Coder {
  public:
    Coder() = default;
    Coder(const Coder&) = delete;
    Coder& operator=(const Coder&) = delete;
    virtual ~Coder() = default;

    virtual Stored encode(const Frame& frame) = 0;
    /// The inverse into `out`, of the size of frame.raw, which it does not look at.
    virtual void decode(const Stored& stored, const Frame& frame, codec::MutableByteView out) = 0;
};

struct Subject {
    std::string name;
    std::function<std::unique_ptr<Coder>()> make;
};

/// What is compared: ours with the base, without, and with every method tried on every frame; BitX and byte
/// planes by zstd; FM-Delta's model.
std::vector<Subject> subjects();

/// FM-Delta's model: Ning et al., "FM-Delta: Lossless Compression for Storing Massive Fine-tuned Foundation
/// Models", NeurIPS 2024. Floats are mapped to integers in order of their values, the base's are subtracted,
/// and the differences go through a range coder with one adaptive distribution. Where the paper's symbol is
/// sign and bit length, this takes our tokens, which are finer: it is smaller for it.
std::unique_ptr<Coder> make_fm_delta();

}  // namespace bitx::bench
