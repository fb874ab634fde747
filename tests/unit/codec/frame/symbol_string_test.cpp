#include "codec/frame/symbol_string.hpp"

#include <random>

#include <doctest/doctest.h>

using namespace bitx::codec;

namespace {

std::size_t stored_size(const std::vector<std::uint8_t>& symbols) {
    ByteWriter out;
    append_symbols(symbols, out);
    Cursor cursor(out.view());
    CHECK(read_symbols(cursor, symbols.size()) == symbols);
    cursor.expect_end();
    return out.size();
}

}  // namespace

TEST_CASE("symbol strings come back, of every length and alphabet") {
    std::mt19937 generator(1);
    for (const std::size_t size : {0, 1, 2, 3, 100, 5000})
        for (const unsigned alphabet : {1U, 2U, 3U, 31U, 128U}) {
            std::vector<std::uint8_t> symbols(size);
            for (auto& s : symbols) s = static_cast<std::uint8_t>(alphabet - 1 - generator() % alphabet);
            stored_size(symbols);
        }
}

TEST_CASE("a string of one symbol is a byte; a skewed one is near its entropy") {
    CHECK(stored_size(std::vector<std::uint8_t>(1000, 42)) == 1);
    std::mt19937 generator(2);
    std::vector<std::uint8_t> symbols(16000);
    for (auto& s : symbols) s = static_cast<std::uint8_t>(std::countr_zero(generator() | 1U << 7));
    CHECK(stored_size(symbols) < 16000 * 2 / 8 * 1.02 + 20);  // two bits a symbol
}

TEST_CASE("a string cut short or followed by nonsense is corrupt") {
    ByteWriter out;
    append_symbols(std::vector<std::uint8_t>{1, 2, 3, 4, 5, 6, 7, 8, 9, 8, 7, 6, 5, 4, 3, 2, 1}, out);
    for (std::size_t size = 0; size < out.size(); ++size) {
        Cursor cursor(out.view().first(size));
        CHECK_THROWS_AS(read_symbols(cursor, 17), CorruptError);
    }
    Cursor cursor(out.view());
    CHECK_THROWS_AS(read_symbols(cursor, 16), CorruptError);
}
