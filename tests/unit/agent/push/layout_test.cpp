#include "agent/push/layout.hpp"

#include <doctest/doctest.h>

using namespace bitx;
using namespace bitx::agent;

namespace {

codec::Tensor tensor(std::uint64_t offset, std::uint64_t length) {
    return {.name = "t", .dtype = codec::Dtype::u8, .shape = {length}, .offset = offset, .length = length};
}

}  // namespace

TEST_CASE("large tensors are blobs of their own, small ones are bundled, the rest are literals") {
    constexpr std::uint64_t mib = 1 << 20;
    const std::vector<codec::Tensor> tensors = {tensor(100, 10), tensor(110, 2 * mib),
                                                tensor(110 + 2 * mib, 0), tensor(110 + 2 * mib, 20)};
    const auto units = units_of(tensors, 130 + 2 * mib);
    REQUIRE(units.size() == 3);
    CHECK(units[0].kind == UnitKind::literal);
    CHECK(units[0].is_inline());
    CHECK(units[1].kind == UnitKind::bundle);
    CHECK(units[1].length == 30);
    REQUIRE(units[1].parts.size() == 2);
    CHECK(units[1].parts[1].file_offset == 110 + 2 * mib);
    CHECK(units[1].parts[1].unit_offset == 10);
    CHECK(units[2].kind == UnitKind::tensor);
    CHECK(units[2].parts[0].tensor == 1);
}

TEST_CASE("a bundle is closed before it passes its limit") {
    std::vector<codec::Tensor> tensors;
    for (std::uint64_t i = 0; i < 40; ++i) tensors.push_back(tensor(i * 1'000'000, 1'000'000));
    const auto units = units_of(tensors, 40'000'000);
    REQUIRE(units.size() == 3);
    std::uint64_t total = 0;
    for (const Unit& unit : units) {
        CHECK(unit.length <= bundle_limit);
        total += unit.length;
    }
    CHECK(total == 40'000'000);
}

TEST_CASE("every byte of the file is in one part") {
    const std::vector<codec::Tensor> tensors = {tensor(5000, 7), tensor(5007, 3'000'000),
                                                tensor(3'005'007, 9)};
    std::uint64_t covered = 0;
    for (const Unit& unit : units_of(tensors, 3'005'016))
        for (const Part& part : unit.parts) covered += part.length;
    CHECK(covered == 3'005'016);
    CHECK(units_of({}, 0).empty());
}
