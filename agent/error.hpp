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

/// Something is wrong with a stored object: `fault` says what, `advice` what to do about it.
class StoredObjectError : public Error {
  public:
    explicit StoredObjectError(const std::string& fault,
                               const std::string& advice = "push it again from a repository that has it")
        : Error(fault + "; " + advice), fault_(fault) {}

    /// The message without the advice, for who does something about it.
    const std::string& fault() const { return fault_; }

  private:
    std::string fault_;
};

/// A stored object that is needed is not in the store.
class AbsentError : public StoredObjectError {
  public:
    using StoredObjectError::StoredObjectError;
};

/// A stored object is there, and is not what it should be.
class DamagedError : public StoredObjectError {
  public:
    using StoredObjectError::StoredObjectError;
};

/// The user or git asked to stop.
class StoppedError : public Error {
  public:
    using Error::Error;
};

}  // namespace bitx::agent
