#include "codec/dtype.hpp"

#include <algorithm>
#include <array>

namespace bitx::codec {
namespace {

struct Row {
    std::string_view name;
    unsigned width;
};

// In the order of the enumeration.
constexpr std::array<Row, dtype_count> rows = {{{"BYTES", 1},
                                                {"F64", 8},
                                                {"F32", 4},
                                                {"F16", 2},
                                                {"BF16", 2},
                                                {"F8_E4M3", 1},
                                                {"F8_E5M2", 1},
                                                {"I64", 8},
                                                {"I32", 4},
                                                {"I16", 2},
                                                {"I8", 1},
                                                {"U8", 1},
                                                {"BOOL", 1},
                                                {"U64", 8},
                                                {"U32", 4},
                                                {"U16", 2}}};

}  // namespace

unsigned width(Dtype dtype) {
    return rows[static_cast<std::size_t>(dtype)].width;
}

std::string_view name(Dtype dtype) {
    return rows[static_cast<std::size_t>(dtype)].name;
}

std::optional<Dtype> dtype_from_name(std::string_view name) {
    const auto found =
        std::find_if(rows.begin() + 1, rows.end(), [&](const Row& row) { return row.name == name; });
    if (found == rows.end()) return std::nullopt;
    return static_cast<Dtype>(found - rows.begin());
}

}  // namespace bitx::codec
