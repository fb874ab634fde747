#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace bitx::codec {

/// The element type of a tensor. The numbers are stored (FORMAT.md): never renumber.
enum class Dtype : std::uint8_t {
    bytes = 0,  ///< no known element type: literals, chunks, dtypes that we do not know
    f64 = 1,
    f32 = 2,
    f16 = 3,
    bf16 = 4,
    f8_e4m3 = 5,
    f8_e5m2 = 6,
    i64 = 7,
    i32 = 8,
    i16 = 9,
    i8 = 10,
    u8 = 11,
    boolean = 12,
    u64 = 13,
    u32 = 14,
    u16 = 15,
};
inline constexpr std::uint8_t dtype_count = 16;

/// Bytes an element; 1 for Dtype::bytes.
unsigned width(Dtype dtype);

/// The safetensors name, such as "BF16"; "BYTES" for Dtype::bytes.
std::string_view name(Dtype dtype);

/// The dtype of a safetensors name; nothing for a name that is not in the format's list.
std::optional<Dtype> dtype_from_name(std::string_view name);

}  // namespace bitx::codec
