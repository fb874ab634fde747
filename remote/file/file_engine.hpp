#pragma once

#include <filesystem>
#include <mutex>
#include <set>
#include <utility>

#include <sys/stat.h>

#include "remote/engine.hpp"
#include "remote/file/descriptor.hpp"

namespace bitx::remote {

/// A store in a folder, on a local or a network file system.
///
/// - An object is written beside its place under a name that holds '~', which no key has, then fsync, then
///   rename: readers see it whole or not at all, and what a killed writer leaves is recognisable and never
///   listed. When put returns, the file and every folder on its way are on disk.
/// - Below the root no symbolic link is followed, and only regular files are objects: a link or a special
///   file at a key is a LayoutError.
/// - A version is device, inode, size, and times of change: it differs after any write to the file.
/// - Files and folders are made with modes 0666 and 0777 less the umask, so that a group can share a store.
/// - The root itself is created only by a put at its top (bitx.json, by `create_store`): a push to a folder
///   that has gone, say for a file system that is no longer mounted, is an UnavailableError.
class FileEngine final : public Engine {
  public:
    explicit FileEngine(std::filesystem::path root);

    std::optional<ObjectInfo> head(std::string_view key) override;
    ObjectInfo get(std::string_view key, ByteRange range, const Sink& sink,
                   std::string_view version = {}) override;
    PutResult put(std::string_view key, const Body& body, PutMode mode = PutMode::replace) override;
    void list(std::string_view prefix,
              const std::function<void(std::string_view key, std::uint64_t size)>& each) override;
    void remove(std::string_view key) override;
    void settle(std::string_view key) override;
    std::string describe() const override;

  private:
    enum class Missing { fail, create };

    Descriptor open_root(std::string_view doing, std::string_view key) const;
    Descriptor open_folder(std::string_view key, Missing missing, std::string_view doing) const;
    void create_root(std::string_view key) const;
    void sync_way(std::string_view key);
    [[noreturn]] void fail(int error, std::string_view doing, std::string_view key) const;

    std::filesystem::path root_;
    std::mutex settled_mutex_;
    /// Folders (device, inode) whose entry in their parent this process has synced. Such an entry stays on
    /// disk: folders of a store are never removed nor renamed (LAYOUT.md), so they need no second fsync. The
    /// entries in a folder do: other writers add to them.
    std::set<std::pair<dev_t, ino_t>> settled_;
};

}  // namespace bitx::remote
