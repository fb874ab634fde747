#pragma once

#include <filesystem>

#include "agent/file.hpp"
#include "agent/git/file_modes.hpp"

namespace bitx::agent {

/// A file that is being built, on the file system of git-lfs's objects. It is removed unless it was
/// completed.
class PartialFile {
  public:
    /// Creates `<directory>/<name>-<unique>`, and the directory where it is missing.
    PartialFile(const std::filesystem::path& directory, const std::string& name, const FileModes& modes);
    PartialFile(const PartialFile&) = delete;
    PartialFile& operator=(const PartialFile&) = delete;
    ~PartialFile();

    File& file() { return file_; }
    /// Keeps the file: from now on it is the receiver's.
    std::filesystem::path complete();

  private:
    File file_;
    bool completed_ = false;
};

/// Removes what killed processes left in `directory`: files older than an hour that nobody has locked.
void remove_stale_files(const std::filesystem::path& directory);

}  // namespace bitx::agent
