#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>

namespace bitx::agent {

/// A set of bytes of a file.
class ByteRanges {
  public:
    void add(std::uint64_t offset, std::uint64_t length) {
        std::uint64_t end = offset + length;
        auto next = ends_.upper_bound(offset);
        if (next != ends_.begin() && std::prev(next)->second >= offset) {
            --next;
            offset = next->first;
        }
        while (next != ends_.end() && next->first <= end) {
            end = std::max(end, next->second);
            next = ends_.erase(next);
        }
        if (length > 0) ends_.emplace(offset, end);
    }

    bool contains(std::uint64_t offset, std::uint64_t length) const {
        const auto next = ends_.upper_bound(offset);
        return next != ends_.begin() && std::prev(next)->second >= offset + length;
    }

  private:
    std::map<std::uint64_t, std::uint64_t> ends_;  ///< by begin, apart from each other
};

}  // namespace bitx::agent
