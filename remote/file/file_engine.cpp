#include "remote/file/file_engine.hpp"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <vector>

#include <dirent.h>
#include <fcntl.h>

#include "remote/file/file_error.hpp"
#include "remote/file/file_write.hpp"
#include "remote/url.hpp"

namespace bitx::remote {
namespace {

constexpr std::size_t read_piece = 1 << 20;  // bytes handed to a sink at once
constexpr int deepest_folder = 16;           // far below any key of the layout

std::string_view name_of(std::string_view key) {
    return key.substr(key.rfind('/') + 1);
}

std::string version_of(const struct stat& status) {
    const auto number = [](auto value) { return std::to_string(value) + "-"; };
    return number(status.st_dev) + number(status.st_ino) + number(status.st_size) +
           number(status.st_mtim.tv_sec) + number(status.st_mtim.tv_nsec) + number(status.st_ctim.tv_sec) +
           std::to_string(status.st_ctim.tv_nsec);
}

ObjectInfo info_of(const struct stat& status) {
    return {static_cast<std::uint64_t>(status.st_size), version_of(status)};
}

/// Keys hold no '~': neither what writers have not finished nor foreign files are objects.
bool is_object_name(std::string_view name) {
    try {
        check_key(name);
        return name.find('/') == std::string_view::npos;
    } catch (const LayoutError&) {
        return false;
    }
}

/// Calls `each` with every folder name on the way of a key, outermost first.
template <typename Each>
void for_each_folder(std::string_view key, const Each& each) {
    for (std::size_t start = 0, slash; (slash = key.find('/', start)) != std::string_view::npos;
         start = slash + 1) {
        each(std::string(key.substr(start, slash - start)));
    }
}

void list_folder(Descriptor folder, const std::string& path, std::string_view first_name, int depth,
                 const std::function<void(std::string_view, std::uint64_t)>& each,
                 const std::function<void(int)>& fail) {
    if (depth > deepest_folder) return fail(ELOOP);
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(folder.get()), ::closedir);
    if (!stream) return fail(errno);
    const int fd = folder.release();  // the stream owns it now
    while (true) {
        errno = 0;
        const dirent* entry = ::readdir(stream.get());
        if (entry == nullptr) return errno == 0 ? void() : fail(errno);
        const std::string_view name = entry->d_name;
        if (!is_object_name(name) || !name.starts_with(first_name)) continue;
        struct stat status {};
        if (::fstatat(fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
            if (errno == ENOENT) continue;  // removed meanwhile
            return fail(errno);
        }
        if (S_ISREG(status.st_mode)) {
            each(path + std::string(name), static_cast<std::uint64_t>(status.st_size));
        } else if (S_ISDIR(status.st_mode)) {
            Descriptor below(::openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
            if (below) {
                list_folder(std::move(below), path + std::string(name) + "/", {}, depth + 1, each, fail);
            } else if (errno != ENOENT) {
                return fail(errno);
            }
        }
    }
}

}  // namespace

FileEngine::FileEngine(std::filesystem::path root) : root_(std::move(root)) {
    if (!root_.is_absolute()) {
        throw LayoutError("the store's folder '" + root_.string() + "' is not an absolute path");
    }
}

std::string FileEngine::describe() const {
    return "file://" + percent_encode(root_.string());
}

void FileEngine::fail(int error, std::string_view doing, std::string_view key) const {
    throw_file_error(error, doing, key, describe());
}

/// The root may be reached through symbolic links: the user named it.
Descriptor FileEngine::open_root(std::string_view doing, std::string_view key) const {
    Descriptor root(::open(root_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!root && errno != ENOENT) fail(errno, doing, errno == ENOTDIR ? std::string_view{} : key);
    return root;
}

/// The folder that holds `key`; none where it does not exist. Each step refuses a symbolic link (O_DIRECTORY
/// with O_NOFOLLOW gives ENOTDIR), so that nothing below the root leads out of it.
Descriptor FileEngine::open_folder(std::string_view key, Missing missing, std::string_view doing) const {
    Descriptor folder = open_root(doing, key);
    for_each_folder(key, [&](const std::string& name) {
        if (!folder) return;
        constexpr int flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
        Descriptor next(::openat(folder.get(), name.c_str(), flags));
        if (!next && errno == ENOENT && missing == Missing::create) {
            if (::mkdirat(folder.get(), name.c_str(), 0777) != 0 && errno != EEXIST) fail(errno, doing, key);
            next = Descriptor(::openat(folder.get(), name.c_str(), flags));
        }
        if (!next && errno != ENOENT) fail(errno, doing, key);
        folder = std::move(next);
    });
    return folder;
}

std::optional<ObjectInfo> FileEngine::head(std::string_view key) {
    check_key(key);
    const Descriptor folder = open_folder(key, Missing::fail, "look up");
    if (!folder) return std::nullopt;
    struct stat status {};
    if (::fstatat(folder.get(), std::string(name_of(key)).c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno == ENOENT) return std::nullopt;
        fail(errno, "look up", key);
    }
    if (S_ISDIR(status.st_mode)) return std::nullopt;
    if (!S_ISREG(status.st_mode)) fail(ELOOP, "look up", key);
    return info_of(status);
}

ObjectInfo FileEngine::get(std::string_view key, ByteRange range, const Sink& sink,
                           std::string_view version) {
    check_key(key);
    const Descriptor folder = open_folder(key, Missing::fail, "read");
    if (!folder) fail(ENOENT, "read", key);
    // O_NONBLOCK: a pipe left at the key must not hang us; it means nothing to a regular file.
    const Descriptor file(::openat(folder.get(), std::string(name_of(key)).c_str(),
                                   O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!file) fail(errno == ENXIO ? ELOOP : errno, "read", key);
    struct stat before {};
    if (::fstat(file.get(), &before) != 0) fail(errno, "read", key);
    if (S_ISDIR(before.st_mode)) fail(ENOENT, "read", key);
    if (!S_ISREG(before.st_mode)) fail(ELOOP, "read", key);
    ObjectInfo info = info_of(before);
    if (!version.empty() && version != info.version) {
        throw ChangedError(std::string(key) + " in the store " + describe() + " has changed; read it again");
    }

    std::uint64_t offset = std::min(range.offset, info.size);
    const std::uint64_t end = offset + std::min(range.length, info.size - offset);
    std::vector<std::byte> piece(static_cast<std::size_t>(std::min<std::uint64_t>(read_piece, end - offset)));
    while (offset < end) {
        const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), end - offset));
        const ssize_t count = ::pread(file.get(), piece.data(), wanted, static_cast<off_t>(offset));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) fail(errno, "read", key);
        if (count == 0) {
            throw UnavailableError(std::string(key) + " in the store " + describe() +
                                   " became shorter while it was read");
        }
        sink(std::span(piece).first(static_cast<std::size_t>(count)));
        offset += static_cast<std::uint64_t>(count);
    }
    // Nobody writes to an object in place; if somebody did, what was delivered may be a mixture. The time of
    // change of the inode does not count here: it also moves when a writer replaces the object, and then
    // this descriptor still read the old one, whole.
    struct stat after {};
    if (::fstat(file.get(), &after) != 0) fail(errno, "read", key);
    if (after.st_size != before.st_size || after.st_mtim.tv_sec != before.st_mtim.tv_sec ||
        after.st_mtim.tv_nsec != before.st_mtim.tv_nsec) {
        throw ChangedError(std::string(key) + " in the store " + describe() +
                           " was written to while it was read; read it again");
    }
    return info;
}

void FileEngine::create_root(std::string_view key) const {
    std::error_code error;
    std::filesystem::create_directories(root_, error);
    if (error) fail(error.value(), "create the folder of", key);
}

PutResult FileEngine::put(std::string_view key, const Body& body, PutMode mode) {
    check_key(key);
    if (key.find('/') == std::string_view::npos) create_root(key);
    const Descriptor folder = open_folder(key, Missing::create, "write");
    if (!folder) {
        throw UnavailableError("the folder of the store " + describe() +
                               " does not exist; is its file system mounted?");
    }
    const std::string name(name_of(key));
    if (mode == PutMode::create_if_absent) {
        // Saves writing a body for nothing; what decides is the rename.
        struct stat status {};
        if (::fstatat(folder.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) {
            sync_way(key);
            return PutResult::existed;
        }
    }
    try {
        const PutResult result = write_file(folder.get(), name, body, mode);
        sync_way(key);
        return result;
    } catch (const std::system_error& error) {
        fail(error.code().value(), "write", key);
    }
}

void FileEngine::settle(std::string_view key) {
    check_key(key);
    sync_way(key);
}

/// Syncs the folder of `key`, and the entries of the folders on its way that are not yet known to be on disk:
/// another writer may have made one and not come to its fsync.
void FileEngine::sync_way(std::string_view key) {
    const auto sync = [&](int fd) {
        // Some network file systems cannot sync a folder and say EINVAL; there is nothing better to do.
        if (::fsync(fd) != 0 && errno != EINVAL && errno != ENOTSUP) fail(errno, "make durable", key);
    };
    constexpr int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
    Descriptor folder(::open(root_.c_str(), flags));
    if (!folder) fail(errno, "make durable", key);
    const auto settle_entry = [&](const Descriptor& parent, const Descriptor& child) {
        struct stat status {};
        if (::fstat(child.get(), &status) != 0) fail(errno, "make durable", key);
        const std::pair entry(status.st_dev, status.st_ino);
        {
            const std::lock_guard lock(settled_mutex_);
            if (settled_.contains(entry)) return;
        }
        sync(parent.get());
        const std::lock_guard lock(settled_mutex_);
        settled_.insert(entry);
    };
    if (key.find('/') == std::string_view::npos) {
        // Only then may the root be new, and the folders above it: they are synced as far as they can be
        // read.
        for (auto above = root_.parent_path();; above = above.parent_path()) {
            const Descriptor parent(::open(above.c_str(), flags));
            if (!parent) break;
            sync(parent.get());
            if (above == above.parent_path()) break;
        }
    }
    for_each_folder(key, [&](const std::string& name) {
        Descriptor next(::openat(folder.get(), name.c_str(), flags | O_NOFOLLOW));
        if (!next) fail(errno, "make durable", key);
        settle_entry(folder, next);
        folder = std::move(next);
    });
    sync(folder.get());
}

void FileEngine::list(std::string_view prefix,
                      const std::function<void(std::string_view key, std::uint64_t size)>& each) {
    const std::string path(prefix.substr(0, prefix.rfind('/') + 1));
    if (!path.empty()) check_key(path.substr(0, path.size() - 1));
    const Descriptor at = open_folder(path, Missing::fail, "list");
    if (!at) return;
    Descriptor folder(::openat(at.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder) fail(errno, "list", prefix);
    list_folder(std::move(folder), path, name_of(prefix), 0, each,
                [&](int error) { fail(error, "list", prefix); });
}

void FileEngine::remove(std::string_view key) {
    check_key(key);
    const Descriptor folder = open_folder(key, Missing::fail, "remove");
    if (!folder) return;
    if (::unlinkat(folder.get(), std::string(name_of(key)).c_str(), 0) != 0 && errno != ENOENT &&
        errno != EISDIR) {
        fail(errno, "remove", key);
    }
}

}  // namespace bitx::remote
