#include "codec/frame/symbol_string.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

#include "codec/frame/frequencies.hpp"
#include "codec/frame/log2.hpp"

namespace bitx::codec {
namespace {

// In the first byte, with the only symbol of a string.
constexpr std::uint8_t all_equal = 0x80;

// Half octaves fit a nibble: 0 does not occur, then levels 2, 4, 6 ... of Levels.
constexpr unsigned max_nibble = 15;
constexpr unsigned level_of_nibble(unsigned nibble) {
    return nibble == 0 ? 0 : 2 * nibble;
}

std::uint8_t nibble_of(std::uint32_t count, std::uint32_t most) {
    if (count == 0) return 0;
    const std::uint32_t below = (log2_fixed(most) - log2_fixed(count) + (1U << 14)) >> 15;
    return static_cast<std::uint8_t>(max_nibble - std::min(below, max_nibble - 1));
}

bool frequencies_of_nibbles(std::span<const std::uint8_t> nibbles, Frequencies& frequencies) {
    Levels levels{};
    for (std::size_t i = 0; i < nibbles.size(); ++i)
        levels[i] = static_cast<std::uint8_t>(level_of_nibble(nibbles[i]));
    return frequencies_of(levels, frequencies);
}

// What an encoder does with a state. Its quotient by a frequency f is taken by a reciprocal: the state is
// below f * 2^22 and f below 2^10, so an error of less than 1 in 2^42 / f changes it by less than 1 / f.
class Steps {
  public:
    explicit Steps(std::span<const std::uint16_t> frequencies) {
        std::uint32_t start = 0;
        for (std::size_t i = 0; i < frequencies.size(); ++i) {
            const std::uint32_t frequency = frequencies[i];
            if (frequency != 0) steps_[i] = {(one - 1) / frequency + 1, frequency, start};
            start += frequency;
        }
    }

    bool gives_word(std::uint8_t symbol, std::uint32_t state) const {
        return state >> (32 - kernel::probability_bits) >= steps_[symbol].frequency;
    }
    std::uint32_t take(std::uint8_t symbol, std::uint32_t state) const {
        const Step& step = steps_[symbol];
        const auto quotient = static_cast<std::uint32_t>(state * step.reciprocal >> one_bits);
        return (quotient << kernel::probability_bits) + (state - quotient * step.frequency) + step.start;
    }

  private:
    static constexpr unsigned one_bits = 42;
    static constexpr std::uint64_t one = std::uint64_t{1} << one_bits;
    struct Step {
        std::uint64_t reciprocal = 0;
        std::uint32_t frequency = 0;
        std::uint32_t start = 0;
    };
    std::array<Step, symbol_string_alphabet> steps_{};
};

}  // namespace

void append_symbols(std::span<const std::uint8_t> symbols, ByteWriter& out) {
    if (symbols.empty()) return;
    std::array<std::uint32_t, symbol_string_alphabet> counts{};
    for (const std::uint8_t symbol : symbols) ++counts[symbol];
    const auto highest = *std::ranges::max_element(symbols);
    const auto most = *std::ranges::max_element(counts);
    if (counts[highest] == symbols.size()) {  // no distribution, no words
        out.integer(static_cast<std::uint8_t>(highest | all_equal));
        return;
    }
    out.integer(highest);
    std::array<std::uint8_t, symbol_string_alphabet> nibbles{};
    for (std::size_t i = 0; i <= highest; ++i) nibbles[i] = nibble_of(counts[i], most);
    for (std::size_t i = 0; i <= highest; i += 2)
        out.integer(static_cast<std::uint8_t>(nibbles[i] | nibbles[i + 1] << 4));

    Frequencies frequencies;
    frequencies_of_nibbles(nibbles, frequencies);
    const Steps steps{std::span(frequencies).first(highest + 1U)};
    // Whether a symbol gives a word cannot be foreseen: without a branch, that costs nothing. There is room
    // for one word more than there are at most.
    std::vector<std::uint16_t> words(symbols.size() + 1);
    std::size_t first = words.size();
    std::uint32_t state = kernel::rans_low;
    for (std::size_t i = symbols.size(); i-- > 0;) {
        words[first - 1] = static_cast<std::uint16_t>(state);
        const bool gives = steps.gives_word(symbols[i], state);
        first -= gives ? 1 : 0;
        state = steps.take(symbols[i], gives ? state >> 16 : state);
    }
    out.varint(words.size() - first);
    out.integer(state);
    out.append(std::as_bytes(std::span(words).subspan(first)));
}

std::vector<std::uint8_t> read_symbols(Cursor& cursor, std::size_t count) {
    std::vector<std::uint8_t> symbols(count);
    if (count == 0) return symbols;
    const std::uint8_t highest = cursor.integer<std::uint8_t>();
    if (highest & all_equal) {
        std::ranges::fill(symbols, static_cast<std::uint8_t>(highest & ~all_equal));
        return symbols;
    }
    std::array<std::uint8_t, symbol_string_alphabet> nibbles{};
    for (std::size_t i = 0; i <= highest; i += 2) {
        const auto pair = cursor.integer<std::uint8_t>();
        nibbles[i] = pair & 15;
        nibbles[i + 1] = pair >> 4;
    }
    Frequencies frequencies;
    if (!frequencies_of_nibbles(nibbles, frequencies)) throw CorruptError("a distribution is empty");
    const auto table = std::make_unique<kernel::DecodeTable>();
    build(frequencies, *table);
    const std::uint64_t word_count = cursor.varint_up_to(count, "a symbol string");
    auto state = cursor.integer<std::uint32_t>();
    // Whether a symbol takes a word cannot be foreseen: without a branch, that costs nothing. Past the end
    // there is a word of no meaning.
    std::vector<std::uint16_t> words(word_count + 1);
    std::memcpy(words.data(), cursor.take(2 * word_count).data(), 2 * word_count);
    std::size_t next = 0;
    bool too_short = false;
    for (std::uint8_t& symbol : symbols) {
        const std::uint32_t entry = (*table)[state % kernel::probability_one];
        symbol = static_cast<std::uint8_t>(entry);
        state = (entry >> 8 & 0xfff) * (state >> kernel::probability_bits) + (entry >> 20);
        const bool takes = state < kernel::rans_low;
        const std::uint32_t refilled = state << 16 | words[next];
        state = takes ? refilled : state;
        too_short |= takes && next == word_count;
        next += takes && next < word_count ? 1 : 0;
    }
    if (too_short) throw CorruptError("it ends too early");
    if (state != kernel::rans_low) throw CorruptError("a symbol string does not end as it began");
    if (next != word_count) throw CorruptError("bytes are left over at its end");
    return symbols;
}

}  // namespace bitx::codec
