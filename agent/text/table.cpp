#include "agent/text/table.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ostream>

namespace bitx::agent {
namespace {

// Characters of UTF-8 text, near enough to its width on a terminal.
std::size_t text_width(const std::string& text) {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::string with_one_decimal(double value, const char* unit) {
    std::array<char, 48> text{};
    std::snprintf(text.data(), text.size(), "%.1f%s", value, unit);
    return text.data();
}

}  // namespace

std::string bytes_text(std::uint64_t bytes) {
    if (bytes < 10'000) return std::to_string(bytes) + " B";
    constexpr std::array<const char*, 5> units = {" kB", " MB", " GB", " TB", " PB"};
    double value = static_cast<double>(bytes) / 1000;
    std::size_t unit = 0;
    while (value >= 1000 && unit + 1 < units.size()) {
        value /= 1000;
        ++unit;
    }
    return with_one_decimal(value, units[unit]);
}

std::string share_text(std::uint64_t part, std::uint64_t whole) {
    if (whole == 0) return "-";
    return with_one_decimal(100.0 * static_cast<double>(part) / static_cast<double>(whole), "%");
}

Table::Table(std::vector<std::string> headings) {
    for (std::string& heading : headings) {
        flush_right_.push_back(heading.starts_with('>'));
        if (flush_right_.back()) heading.erase(0, 1);
    }
    lines_.push_back(std::move(headings));
}

void Table::add(std::vector<std::string> cells) {
    cells.resize(flush_right_.size());
    lines_.push_back(std::move(cells));
}

void Table::print(std::ostream& out) const {
    std::vector<std::size_t> widths(flush_right_.size());
    for (const auto& line : lines_)
        for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], text_width(line[i]));
    for (const auto& line : lines_) {
        std::string text;
        for (std::size_t i = 0; i < line.size(); ++i) {
            const std::string space(widths[i] - text_width(line[i]), ' ');
            text += (i > 0 ? "  " : "") + (flush_right_[i] ? space + line[i] : line[i] + space);
        }
        text.erase(text.find_last_not_of(' ') + 1);
        out << text << '\n';
    }
}

}  // namespace bitx::agent
