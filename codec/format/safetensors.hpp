#pragma once

#include <cstdint>
#include <vector>

#include "codec/bytes.hpp"
#include "codec/tensor.hpp"

namespace bitx::codec {

/// A file that is not well-formed safetensors; the message says what is wrong. Such a file is stored as
/// opaque bytes, so this is an answer, not a failure.
class NotSafetensors : public Error {
  public:
    using Error::Error;
};

/// Bytes at the start of a safetensors file that hold the length of its JSON header.
inline constexpr std::size_t safetensors_prefix_size = 8;

/// The largest JSON header that the format allows, in bytes.
inline constexpr std::uint64_t safetensors_header_limit = 100'000'000;

/// The length in bytes of the JSON header, from the file's first 8 bytes. Throws NotSafetensors where that
/// header would not fit the file or its limit.
std::uint64_t safetensors_header_length(ByteView prefix, std::uint64_t file_size);

/// The tensors of a safetensors file in the order of their offsets, from the JSON header (without the 8-byte
/// prefix). Throws NotSafetensors unless the header is strict: an object of known dtypes, shapes whose
/// product is the byte length, ranges in order inside the file that neither overlap nor leave holes, no
/// duplicate key, no deep nesting. Source: https://github.com/huggingface/safetensors (README, "Format").
std::vector<Tensor> parse_safetensors(ByteView header, std::uint64_t file_size);

}  // namespace bitx::codec
