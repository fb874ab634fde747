#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

namespace bitx::agent {

/// Owns a file descriptor.
class Descriptor {
  public:
    Descriptor() = default;
    explicit Descriptor(int fd) : fd_(fd) {}
    Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~Descriptor() { reset(); }

    int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }
    void reset();

  private:
    int fd_ = -1;
};

/// What a child is given as its descriptors 0, 1 and 2, where it starts, and what is added to our
/// environment.
struct ChildSetup {
    int input = -1;   ///< -1: /dev/null
    int output = -1;  ///< -1: /dev/null
    int errors = -1;  ///< -1: /dev/null
    std::filesystem::path directory;
    std::vector<std::pair<std::string, std::string>> environment;
};

/// Starts a program without a shell (posix_spawn) with no other descriptor than 0, 1, 2, no signal blocked
/// and SIGPIPE at its default. Returns its process id, which the caller waits for. Throws Error.
pid_t start_child(const std::vector<std::string>& argv, const ChildSetup& setup);

/// Waits for a child: its exit status, or 128 + signal.
int wait_for_child(pid_t child);

}  // namespace bitx::agent
