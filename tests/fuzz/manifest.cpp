#include "codec/object/manifest.hpp"

#include <algorithm>

#include "tests/fuzz/target.hpp"

namespace bitx::fuzz {

using namespace codec;

void manifest(ByteView input) {
    Manifest manifest;
    try {
        manifest = read_manifest(input);
    } catch (const Error&) {
        return;
    }
    require(std::ranges::equal(write_manifest(manifest), input), "a manifest has one form");
    for (const char c : as_text(input))
        require(c == '\n' || (c >= ' ' && c <= '~'), "a manifest is lines of plain ASCII");
}

}  // namespace bitx::fuzz
