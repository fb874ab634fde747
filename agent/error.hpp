#pragma once

#include <stdexcept>
#include <string>

namespace bitx::agent {

/// What a command or a transfer ends with: one line that says what happened, to which object, and what to do.
class Error : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// The command line was wrong: exit status 2.
class UsageError : public Error {
  public:
    using Error::Error;
};

/// A stored object that is needed is not in the store.
class AbsentError : public Error {
  public:
    using Error::Error;
};

/// A stored object is there, and is not what it should be.
class DamagedError : public Error {
  public:
    using Error::Error;
};

/// The user or git asked to stop.
class StoppedError : public Error {
  public:
    using Error::Error;
};

}  // namespace bitx::agent
