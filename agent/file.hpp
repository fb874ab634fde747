#pragma once

#include <cstdint>
#include <filesystem>
#include <utility>

#include "codec/bytes.hpp"
#include "codec/hash.hpp"

namespace bitx::agent {

/// An open regular file, read and written at explicit offsets: may be used from several threads. Errors of
/// the system are thrown as Error and name the path.
class File {
  public:
    enum class Mode {
        read,
        create,  ///< read and write; fails where the path exists
        update   ///< read and write; made where the path does not exist
    };

    File(std::filesystem::path path, Mode mode, unsigned permissions = 0666);
    File(File&& other) noexcept
        : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}
    File& operator=(File&&) = delete;
    ~File();

    const std::filesystem::path& path() const { return path_; }
    std::uint64_t size() const;
    /// Whether the path still leads to this file: nobody removed it, or put another there.
    bool is_at_path() const;
    /// Changes whenever the file's bytes may have changed.
    std::string version() const;

    /// Fills `out`; throws where the file ends before.
    void read(std::uint64_t offset, codec::MutableByteView out) const;
    void write(std::uint64_t offset, codec::ByteView bytes);
    /// Sets the size; what is added reads as zeros. Reserves disk space where the file system can.
    void resize(std::uint64_t size);
    /// Becomes a copy of `source` that shares its blocks; false where the file system cannot.
    bool clone_from(const File& source);
    /// Sets permission bits whatever the umask.
    void set_permissions(unsigned permissions);
    /// Returns when what was written is on the disk.
    void sync();
    /// Takes an exclusive advisory lock; false where another process has it.
    bool try_lock();

  private:
    [[noreturn]] void fail(const char* what) const;

    std::filesystem::path path_;
    int descriptor_;
};

/// The SHA-256 of a whole file.
codec::Digest digest_of(const File& file);

}  // namespace bitx::agent
