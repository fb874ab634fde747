#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

namespace bitx::agent {

/// "1,234 B", "12.3 MB": decimal units, as disks and networks count.
std::string bytes_text(std::uint64_t bytes);

/// "38.8%" of `whole`; "-" where that is 0.
std::string share_text(std::uint64_t part, std::uint64_t whole);

/// Lines of aligned columns under a heading; a column whose heading begins with '>' is set flush right.
class Table {
  public:
    explicit Table(std::vector<std::string> headings);

    void add(std::vector<std::string> cells);
    void print(std::ostream& out) const;

  private:
    std::vector<bool> flush_right_;
    std::vector<std::vector<std::string>> lines_;
};

}  // namespace bitx::agent
