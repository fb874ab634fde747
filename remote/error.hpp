#pragma once

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>

namespace bitx::remote {

/// What an engine throws. Each kind is a different outcome for the caller; a message is one line, names the
/// object, says what to do, and holds no secret.
class Error : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// The object is not in the store: the store answered, and said so.
class AbsentError : public Error {
  public:
    using Error::Error;
};

/// The store refused: credentials, permissions, a read-only mirror, a full disk or quota. Trying again does
/// not help.
class DeniedError : public Error {
  public:
    using Error::Error;
};

/// The store did not answer properly: a connection, a time-out, a 5xx, a short body. Trying again may help.
class UnavailableError : public Error {
  public:
    using Error::Error;

    bool answered = false;  ///< the server did answer: that it can be reached is sure
    bool final = false;     ///< it was tried again as long as is allowed
    std::optional<std::chrono::seconds> retry_after;  ///< how long the server asked to wait
    std::string version;  ///< of the object, where a get had begun: what it goes on with must be the same
};

/// The object is another version than the one that the caller pinned: read it again from its start.
class ChangedError : public Error {
  public:
    using Error::Error;
};

/// What the store holds breaks our layout: a bitx.json that does not parse, a newer format.
class LayoutError : public Error {
  public:
    using Error::Error;
};

/// The engine cannot do that at all: listing on a static mirror.
class UnsupportedError : public Error {
  public:
    using Error::Error;
};

}  // namespace bitx::remote
