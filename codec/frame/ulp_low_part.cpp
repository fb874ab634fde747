#include "codec/frame/ulp_low_part.hpp"

#include <algorithm>
#include <array>

#include "codec/frame/entropy.hpp"
#include "codec/kernel/token.hpp"

namespace bitx::codec {
namespace {

constexpr std::size_t block = 1024;
constexpr std::size_t sampled_blocks = 4;

// How much larger than unsplit ones split differences may be.
constexpr double tolerance = 1.0005;

bool has_low_words(kernel::NumberFormat format, ByteView raw, ByteView base) {
    const std::size_t count = raw.size() / sizeof(std::uint64_t);
    std::array<std::uint32_t, block> high;
    std::array<std::uint32_t, block> low;
    for (std::size_t first = 0; first < count; first += block) {
        const std::size_t run = std::min(block, count - first);
        const std::size_t at = first * sizeof(std::uint64_t);
        kernel::ulp_difference(format, raw.data() + at, base.data() + at, run, high.data(), low.data());
        if (std::ranges::any_of(std::span(low).first(run), [](std::uint32_t word) { return word != 0; }))
            return true;
    }
    return false;
}

// Tokens of differences, and what they cost with their extra bits.
class TokenCost {
  public:
    explicit TokenCost(unsigned mantissa) : mantissa_(mantissa) {}

    void add(std::span<const std::uint32_t> differences) {
        std::array<std::uint8_t, block> tokens;
        kernel::tokenize(differences.data(), differences.size(), mantissa_, tokens.data());
        for (std::size_t i = 0; i < differences.size(); ++i) ++counts_[tokens[i]];
    }

    double bits() const {
        double total = 0;
        double bits = 0;
        for (unsigned t = 0; t < counts_.size(); ++t) {
            total += counts_[t];
            bits += counts_[t] * static_cast<double>(kernel::extra_bits(t, mantissa_));
        }
        return bits + total * entropy(counts_);
    }

  private:
    unsigned mantissa_;
    ByteCounts counts_{};
};

bool low_bytes_are_noise(kernel::NumberFormat format, ByteView raw, ByteView base) {
    constexpr std::size_t bytes = sizeof(std::uint32_t);
    const std::size_t count = raw.size() / bytes;
    TokenCost whole(kernel::token_mantissa(bytes));
    TokenCost split(kernel::token_mantissa(bytes));
    std::size_t elements = 0;
    std::array<std::uint32_t, block> differences;
    std::array<std::byte, block> low;
    for (std::size_t i = 0; i < sampled_blocks; ++i) {
        const std::size_t first = count / sampled_blocks * i;
        const std::size_t run = std::min(block, count / sampled_blocks);
        const std::span some = std::span(differences).first(run);
        kernel::ulp_difference(format, raw.data() + first * bytes, base.data() + first * bytes, run,
                               some.data(), nullptr);
        whole.add(some);
        kernel::split_low(some.data(), run, low.data());
        split.add(some);
        elements += run;
    }
    return split.bits() + 8 * static_cast<double>(elements) <= tolerance * whole.bits();
}

}  // namespace

std::size_t fit_low_part(kernel::NumberFormat format, ByteView raw, ByteView base) {
    const bool split = (format.bits == 64 && has_low_words(format, raw, base)) ||
                       (format.bits == 32 && low_bytes_are_noise(format, raw, base));
    return split ? low_part_width(format) : 0;
}

}  // namespace bitx::codec
