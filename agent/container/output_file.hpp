#pragma once

#include <filesystem>

#include "agent/pull/partial_file.hpp"

namespace bitx::agent {

/// A file that a command writes: under a temporary name beside it until it is complete. What is left
/// incomplete is removed.
class OutputFile {
  public:
    /// Throws Error where `path` exists, unless it is to be replaced.
    OutputFile(std::filesystem::path path, bool replace);

    File& file() { return partial_.file(); }
    std::filesystem::path directory() const;
    /// Makes the file durable and gives it its name.
    void complete();

  private:
    std::filesystem::path path_;
    PartialFile partial_;
};

}  // namespace bitx::agent
