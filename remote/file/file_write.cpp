#include "remote/file/file_write.hpp"

#include <cerrno>
#include <vector>

#include <fcntl.h>
#include <stdio.h>  // renameat2
#include <sys/stat.h>

#include "remote/file/descriptor.hpp"
#include "remote/random.hpp"

namespace bitx::remote {
namespace {

constexpr std::size_t copy_piece = 1 << 20;

[[noreturn]] void fail(int error) {
    throw std::system_error(error, std::generic_category());
}

void write_all(int to, std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const ssize_t count = ::write(to, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) fail(errno);
        bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
}

/// Appends the whole of a file.
void append_file(int to, const std::filesystem::path& path) {
    const auto unreadable = [&](const std::string& why) {
        throw Error("cannot read " + path.string() + " to store it: " + why);
    };
    const Descriptor from(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat status {};
    if (!from || ::fstat(from.get(), &status) != 0) unreadable(std::generic_category().message(errno));
    auto left = static_cast<std::uint64_t>(status.st_size);
    // Within one file system the kernel may share the blocks or copy on the server's side; where it cannot,
    // it says so before the first byte, and the plain loop goes on from wherever the offsets are.
    while (left > 0) {
        const ssize_t count = ::copy_file_range(from.get(), nullptr, to, nullptr,
                                                std::min<std::uint64_t>(left, std::uint64_t{1} << 30), 0);
        if (count < 0 && (errno == EINTR)) continue;
        if (count < 0 && (errno == ENOSPC || errno == EDQUOT || errno == EIO || errno == EFBIG)) fail(errno);
        if (count <= 0) break;
        left -= static_cast<std::uint64_t>(count);
    }
    std::vector<std::byte> piece(left > 0 ? copy_piece : 0);
    while (left > 0) {
        const ssize_t count = ::read(from.get(), piece.data(), std::min<std::uint64_t>(left, piece.size()));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) unreadable(std::generic_category().message(errno));
        if (count == 0) unreadable("it became shorter meanwhile");
        write_all(to, std::span(piece).first(static_cast<std::size_t>(count)));
        left -= static_cast<std::uint64_t>(count);
    }
}

/// Gives the finished temporary file its name, unless that is taken. Tells whether it did.
bool name_if_absent(int folder, const std::string& temporary, const std::string& name) {
    if (::renameat2(folder, temporary.c_str(), folder, name.c_str(), RENAME_NOREPLACE) == 0) return true;
    if (errno == EEXIST) return false;
    // NFS and others lack that flag; a hard link refuses an existing name everywhere that has links.
    if (::linkat(folder, temporary.c_str(), folder, name.c_str(), 0) == 0) {
        ::unlinkat(folder, temporary.c_str(), 0);
        return true;
    }
    if (errno == EEXIST) return false;
    if (errno != EPERM && errno != ENOTSUP && errno != ENOSYS && errno != EMLINK) fail(errno);
    // No links either (FAT, some FUSE): what is left has a gap between looking and naming.
    struct stat status {};
    if (::fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) return false;
    if (::renameat(folder, temporary.c_str(), folder, name.c_str()) != 0) fail(errno);
    return true;
}

}  // namespace

PutResult write_file(int folder, const std::string& name, const Body& body, PutMode mode) {
    const std::string temporary = name + "~" + random_hex(8);
    Descriptor file(
        ::openat(folder, temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666));
    if (!file) fail(errno);
    try {
        write_all(file.get(), body.memory);
        if (!body.file.empty()) append_file(file.get(), body.file);
        if (::fsync(file.get()) != 0) fail(errno);
        if (::close(file.release()) != 0 && errno != EINTR) fail(errno);
        if (mode == PutMode::create_if_absent) {
            if (name_if_absent(folder, temporary, name)) return PutResult::written;
            ::unlinkat(folder, temporary.c_str(), 0);
            return PutResult::existed;
        }
        if (::renameat(folder, temporary.c_str(), folder, name.c_str()) != 0) fail(errno);
        return PutResult::written;
    } catch (...) {
        ::unlinkat(folder, temporary.c_str(), 0);
        throw;
    }
}

}  // namespace bitx::remote
