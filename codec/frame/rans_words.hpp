#pragma once

#include <algorithm>

#include "codec/bytes.hpp"
#include "codec/kernel/rans.hpp"

namespace bitx::codec {

/// The words of a stream on their way to a decoder, which may look past what it takes, and of a damaged
/// stream take more than there is. They are read where they are; only the end is copied, to where words of no
/// meaning follow.
class RansWords {
  public:
    explicit RansWords(ByteView words) : next_(words.data()), end_(next_ + words.size()), limit_(end_) {}

    /// Where the next elements are decoded from: as many as before, or fewer.
    const std::byte* next(std::size_t elements) {
        const std::size_t reach = 2 * (3 * elements + kernel::rans_look_ahead);
        if (static_cast<std::size_t>(limit_ - next_) < reach) {
            const auto left = static_cast<std::size_t>(end_ - next_);
            Bytes padded(left + reach);
            std::copy(next_, end_, padded.begin());
            padded_.swap(padded);
            next_ = padded_.data();
            end_ = next_ + left;
            limit_ = end_ + reach;
        }
        return next_;
    }

    /// The decoder has come to `next`. False where that is past the stream's end.
    bool taken_to(const std::byte* next) {
        next_ = next;
        return next_ <= end_;
    }

    bool empty() const { return next_ == end_; }

  private:
    const std::byte* next_;
    const std::byte* end_;
    const std::byte* limit_;  ///< of what may be looked at
    Bytes padded_;
};

}  // namespace bitx::codec
