#pragma once

#include <stdexcept>
#include <string>

namespace bitx::codec {

/// What the codec throws. Messages are one line and name no object: the caller knows which object it read.
class Error : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// Bytes that break their format or do not match their checksum.
class CorruptError : public Error {
  public:
    using Error::Error;
};

/// Well-formed bytes of a newer version: an unknown version, required feature, hash algorithm or frame
/// method.
class UnsupportedError : public Error {
  public:
    using Error::Error;
};

}  // namespace bitx::codec
