#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "agent/file.hpp"
#include "agent/git/file_modes.hpp"

namespace bitx::agent {

/// A file that is being built, on the file system of git-lfs's objects, and beside it a journal of the parts
/// that are done: `<directory>/<name>` and `<name>.journal`, locked by the process that builds it. A process
/// that was cut off leaves both, and the next one goes on where it stopped. May be used from
/// several threads.
class PartialFile {
  public:
    /// A part that an earlier process wrote down as done.
    struct Part {
        std::uint64_t offset = 0;
        std::uint64_t length = 0;
        std::uint64_t checksum = 0;
    };

    /// Opens or creates the file, with `size` bytes, and the directory where it is missing. Where another
    /// process builds a file of that name, this one builds its own and leaves nothing.
    PartialFile(const std::filesystem::path& directory, const std::string& name, std::uint64_t size,
                const FileModes& modes);
    PartialFile(const PartialFile&) = delete;
    PartialFile& operator=(const PartialFile&) = delete;
    ~PartialFile();

    /// What the journal says. Each part is to be checked before it counts: see holds().
    const std::vector<Part>& parts() const { return parts_; }
    /// Whether the file has, there, bytes of that checksum.
    bool holds(const Part& part) const;

    /// Writes bytes that are right, and notes that they are done.
    void write(std::uint64_t offset, codec::ByteView bytes);
    /// Writes bytes that are still to be checked.
    void write_unchecked(std::uint64_t offset, codec::ByteView bytes) { file_->write(offset, bytes); }

    /// Becomes a copy of a file that is still to be checked; false where the file system cannot share blocks.
    bool clone_unchecked(const File& source) { return file_->clone_from(source); }
    void read(std::uint64_t offset, codec::MutableByteView out) const { file_->read(offset, out); }

    /// Leaves nothing of it.
    void discard() { journal_size_ = 0; }
    /// Keeps the file without its journal: from now on it is the receiver's.
    std::filesystem::path complete();

  private:
    void read_journal(std::uint64_t size);

    std::optional<File> journal_;  ///< none where another process builds the same file
    std::optional<File> file_;
    std::vector<Part> parts_;
    std::mutex mutex_;
    std::uint64_t journal_size_ = 0;
    bool completed_ = false;
};

/// Removes what killed processes left in `directory` and nobody has locked: after an hour, and what can be
/// gone on with, after a week.
void remove_stale_files(const std::filesystem::path& directory);

}  // namespace bitx::agent
