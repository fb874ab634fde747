#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "codec/bytes.hpp"

/// Fuzz targets: each takes any bytes, reads them as one format, and throws Broken where what was accepted
/// does not keep its promises. The folder's own errors are the right answer to malformed bytes and are caught
/// inside.
namespace bitx::fuzz {

class Broken : public std::logic_error {
  public:
    using std::logic_error::logic_error;
};

inline void require(bool holds, const char* promise) {
    if (!holds) throw Broken(promise);
}

/// Two bytes of file size behind the header, then a JSON header; and the same bytes as a whole file.
void safetensors(codec::ByteView input);
/// A blob's header, whose lengths and checksum are set right before it is read.
void blob(codec::ByteView input);
/// Eight bytes of file size, then a recipe's body before compression; and the same bytes as a stored recipe.
void recipe(codec::ByteView input);
/// The text of a manifest.
void manifest(codec::ByteView input);
/// Method, dtype, two bytes of raw length, two of base length, the base, then a stored frame to decode.
void frame(codec::ByteView input);
/// Dtype, two bytes each of row length, column and place of damage, a byte of flipped bits, two of base
/// length, the base, then a frame to code, decode, damage, and decode again.
void frame_round_trip(codec::ByteView input);

/// A container.
void container(codec::ByteView input);

/// bitx.json.
void identity(codec::ByteView input);
/// A store's URL.
void url(codec::ByteView input);
/// A key of a store.
void keys(codec::ByteView input);
/// What an S3 or WebDAV server answers.
void server_xml(codec::ByteView input);

}  // namespace bitx::fuzz
