#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "remote/error.hpp"

namespace bitx::remote {

/// One stored object, as its engine sees it.
struct ObjectInfo {
    std::uint64_t size = 0;  ///< bytes of the whole object
    std::string version;  ///< opaque; changes whenever the bytes may have changed (an ETag, inode and times)
};

/// A range of bytes; `length` may reach past the end of the object, what is there is delivered.
struct ByteRange {
    std::uint64_t offset = 0;
    std::uint64_t length = UINT64_MAX;
};

/// Takes the bytes of a get, piece by piece, in order. What it throws ends the get.
using Sink = std::function<void(std::span<const std::byte>)>;

/// What a put sends: `memory`, and after it the whole of a regular file that does not change meanwhile, if
/// one is named. (A header that is known last goes before bytes that were spooled to disk.)
struct Body {
    std::span<const std::byte> memory;
    std::filesystem::path file;
};

enum class PutMode {
    replace,          ///< an object of that key is replaced, atomically
    create_if_absent  ///< where the engine can tell, an existing object stays as it is
};

enum class PutResult { written, existed };

/// An object store: five verbs on keys ("recipes/ab/…": '/'-separated, of [A-Za-z0-9._-], no empty, "." or
/// ".." component). Objects are whole or absent: a reader never sees part of a put. All functions may be
/// called from several threads at once, throw the errors of remote/error.hpp, and try once: retrying is a
/// decorator.
class Engine {
  public:
    Engine() = default;
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;
    virtual ~Engine() = default;

    /// Size and version of an object; nothing where it is absent.
    virtual std::optional<ObjectInfo> head(std::string_view key) = 0;

    /// Delivers `range` of an object and returns what it is; a range past its end delivers nothing. With
    /// `version`, throws ChangedError before any byte is delivered unless the object still has it; also
    /// throws it, later, where the object was written to meanwhile: then what was delivered is worth nothing.
    /// Throws AbsentError, and UnavailableError where fewer bytes came than the object has in that range.
    virtual ObjectInfo get(std::string_view key, ByteRange range, const Sink& sink,
                           std::string_view version = {}) = 0;

    /// Stores an object. When it returns, the object is durable: a crash of this machine does not lose it;
    /// one that `existed` is so, too. Throws Error itself where the file of `body` cannot be read.
    virtual PutResult put(std::string_view key, const Body& body, PutMode mode = PutMode::replace) = 0;

    /// The keys that begin with `prefix`, in no order. Absent folders are empty. Throws UnsupportedError
    /// where the engine cannot list (a static mirror).
    virtual void list(std::string_view prefix,
                      const std::function<void(std::string_view key, std::uint64_t size)>& each) = 0;

    /// Removes an object; an absent one is no error.
    virtual void remove(std::string_view key) = 0;

    /// Makes an object durable that another writer may have left less so: in a folder, fsync of each
    /// directory on its way. To be called, for objects that were found and not put, before anything that
    /// names them is written.
    virtual void settle(std::string_view /*key*/) {}

    /// Throws DeniedError where it is clear beforehand that nothing can be written: a mirror. To be called
    /// before work that ends in a put. That it returns promises nothing.
    virtual void check_writable() {}

    /// How messages name the store: its URL without secrets.
    virtual std::string describe() const = 0;
};

/// Throws LayoutError unless `key` is of the form that Engine documents: a key never leaves the store's
/// prefix.
void check_key(std::string_view key);

}  // namespace bitx::remote
