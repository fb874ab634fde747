#include "codec/object/container.hpp"

#include <algorithm>

#include "tests/fuzz/target.hpp"

namespace bitx::fuzz {

using namespace codec;

void container(ByteView input) {
    const auto read = [&](std::uint64_t offset, MutableByteView out) {
        require(offset <= input.size() && out.size() <= input.size() - offset,
                "nothing is read past the end");
        std::ranges::copy(input.subspan(offset, out.size()), out.begin());
    };
    try {
        const std::vector<ContainerEntry> entries = read_container(input.size(), read);
        Bytes written = container_start();
        for (const ContainerEntry& entry : entries) {
            const Bytes head = container_entry_head(entry.key, entry.size);
            written.insert(written.end(), head.begin(), head.end());
            require(written.size() == entry.offset, "an object stands behind its head");
            const ByteView object = input.subspan(entry.offset, entry.size);
            written.insert(written.end(), object.begin(), object.end());
        }
        require(std::ranges::equal(written, input), "a container has one form");
    } catch (const CorruptError&) {
    } catch (const UnsupportedError&) {
    }
}

}  // namespace bitx::fuzz
