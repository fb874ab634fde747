#pragma once

#include <filesystem>

#include "agent/file.hpp"

namespace bitx::agent {

/// A file that a command writes: under a temporary name beside it until it is complete. What is left
/// incomplete is removed.
class OutputFile {
  public:
    /// Throws Error where `path` exists, unless it is to be replaced.
    OutputFile(std::filesystem::path path, bool replace);
    OutputFile(const OutputFile&) = delete;
    OutputFile& operator=(const OutputFile&) = delete;
    ~OutputFile();

    File& file() { return file_; }
    std::filesystem::path directory() const;
    /// Makes the file durable and gives it its name.
    void complete();

  private:
    std::filesystem::path path_;
    File file_;
    bool completed_ = false;
};

}  // namespace bitx::agent
