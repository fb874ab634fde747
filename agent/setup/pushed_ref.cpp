#include "agent/setup/pushed_ref.hpp"

#include <sstream>

#include "agent/error.hpp"

namespace bitx::agent {

std::vector<PushedRef> parse_pushed_refs(std::string_view input) {
    std::vector<PushedRef> refs;
    std::istringstream lines{std::string(input)};
    for (std::string line; std::getline(lines, line);) {
        if (line.empty()) continue;
        // From the right: what was pushed may be an expression with spaces in it ("HEAD^{/fix it}").
        const std::size_t third = line.rfind(' ');
        const std::size_t second =
            third == std::string::npos || third == 0 ? third : line.rfind(' ', third - 1);
        const std::size_t first =
            second == std::string::npos || second == 0 ? second : line.rfind(' ', second - 1);
        if (first == std::string::npos || first == 0) {
            throw Error("git gave the pre-push hook '" + line + "', which are not four words");
        }
        const PushedRef ref{line.substr(0, first), line.substr(first + 1, second - first - 1),
                            line.substr(second + 1, third - second - 1), line.substr(third + 1)};
        refs.push_back(ref);
    }
    return refs;
}

}  // namespace bitx::agent
