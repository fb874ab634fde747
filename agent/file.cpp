#include "agent/file.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __linux__
#include <linux/fs.h>
#endif

#include "agent/error.hpp"

namespace bitx::agent {

namespace {

int flags_of(File::Mode mode) {
    switch (mode) {
        case File::Mode::create:
            return O_CLOEXEC | O_RDWR | O_CREAT | O_EXCL;
        case File::Mode::update:
            return O_CLOEXEC | O_RDWR | O_CREAT | O_NOFOLLOW;
        default:
            return O_CLOEXEC | O_RDONLY;
    }
}

}  // namespace

File::File(std::filesystem::path path, Mode mode, unsigned permissions)
    : path_(std::move(path)), descriptor_(open(path_.c_str(), flags_of(mode), permissions)) {
    if (descriptor_ < 0) fail(mode == Mode::create ? "create" : "open");
}

File::~File() {
    if (descriptor_ >= 0) close(descriptor_);
}

void File::fail(const char* what) const {
    throw Error(std::string("cannot ") + what + " " + path_.string() + ": " +
                std::generic_category().message(errno));
}

std::uint64_t File::size() const {
    struct stat status {};
    if (fstat(descriptor_, &status) != 0) fail("examine");
    if (!S_ISREG(status.st_mode)) throw Error(path_.string() + " is not a regular file");
    return static_cast<std::uint64_t>(status.st_size);
}

bool File::is_at_path() const {
    struct stat here {};
    struct stat there {};
    return fstat(descriptor_, &here) == 0 && stat(path_.c_str(), &there) == 0 &&
           here.st_dev == there.st_dev && here.st_ino == there.st_ino;
}

std::string File::version() const {
    struct stat status {};
    if (fstat(descriptor_, &status) != 0) fail("examine");
#ifdef __APPLE__
    const auto& modified = status.st_mtimespec;
    const auto& changed = status.st_ctimespec;
#else
    const auto& modified = status.st_mtim;
    const auto& changed = status.st_ctim;
#endif
    std::string text;
    for (const auto number :
         {std::int64_t{status.st_size}, std::int64_t{modified.tv_sec}, std::int64_t{modified.tv_nsec},
          std::int64_t{changed.tv_sec}, std::int64_t{changed.tv_nsec}})
        text += std::to_string(number) + ' ';
    return text;
}

void File::read(std::uint64_t offset, codec::MutableByteView out) const {
    while (!out.empty()) {
        const ssize_t count = pread(descriptor_, out.data(), out.size(), static_cast<off_t>(offset));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) fail("read");
        if (count == 0) throw Error(path_.string() + " became shorter while it was read");
        offset += static_cast<std::uint64_t>(count);
        out = out.subspan(static_cast<std::size_t>(count));
    }
}

void File::write(std::uint64_t offset, codec::ByteView bytes) {
    while (!bytes.empty()) {
        const ssize_t count = pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) fail("write");
        offset += static_cast<std::uint64_t>(count);
        bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
}

void File::resize(std::uint64_t size) {
#ifdef __linux__
    if (size > this->size()) {
        if (fallocate(descriptor_, 0, 0, static_cast<off_t>(size)) == 0) return;
        if (errno != EOPNOTSUPP && errno != ENOSYS && errno != EINVAL) fail("reserve space for");
    }
#endif
    if (ftruncate(descriptor_, static_cast<off_t>(size)) != 0) fail("resize");
}

bool File::clone_from(const File& source) {
#ifdef FICLONE
    return ioctl(descriptor_, FICLONE, source.descriptor_) == 0;
#else
    return static_cast<void>(source), false;
#endif
}

void File::set_permissions(unsigned permissions) {
    if (fchmod(descriptor_, permissions) != 0) fail("set the permissions of");
}

bool File::try_lock() {
    if (flock(descriptor_, LOCK_EX | LOCK_NB) == 0) return true;
    if (errno == EWOULDBLOCK) return false;
    fail("lock");
}

void File::sync() {
    if (fsync(descriptor_) != 0) fail("write");
}

codec::Digest digest_of(const File& file) {
    codec::Sha256 hash;
    codec::Bytes block(std::size_t{1} << 20);
    const std::uint64_t size = file.size();
    for (std::uint64_t offset = 0; offset < size; offset += block.size()) {
        block.resize(std::min<std::uint64_t>(block.size(), size - offset));
        file.read(offset, block);
        hash.update(block);
    }
    return hash.finish();
}

}  // namespace bitx::agent
