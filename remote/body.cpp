#include "remote/body.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>

namespace bitx::remote {
namespace {

[[noreturn]] void unreadable(const std::filesystem::path& path, const std::string& why) {
    throw Error("cannot read " + path.string() + " to store it: " + why);
}

Descriptor open_body(const Body& body) {
    if (body.file.empty()) return Descriptor();
    Descriptor file(::open(body.file.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) unreadable(body.file, std::generic_category().message(errno));
    return file;
}

std::uint64_t size_of(const Body& body, const Descriptor& file) {
    struct stat status {};
    if (file && ::fstat(file.get(), &status) != 0) {
        unreadable(body.file, std::generic_category().message(errno));
    }
    return body.memory.size() + static_cast<std::uint64_t>(status.st_size);
}

}  // namespace

std::uint64_t body_size(const Body& body) {
    return size_of(body, open_body(body));
}

BodyReader::BodyReader(const Body& body, ByteRange part) : body_(body), file_(open_body(body)) {
    const std::uint64_t size = size_of(body_, file_);
    start_ = at_ = std::min(part.offset, size);
    end_ = start_ + std::min(part.length, size - start_);
}

std::size_t BodyReader::read(std::span<std::byte> into) {
    into = into.first(static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), end_ - at_)));
    if (into.empty()) return 0;
    std::size_t count = 0;
    if (at_ < body_.memory.size()) {
        const auto rest = body_.memory.subspan(static_cast<std::size_t>(at_));
        count = std::min(rest.size(), into.size());
        std::memcpy(into.data(), rest.data(), count);
    } else {
        ssize_t read = 0;
        do {
            read =
                ::pread(file_.get(), into.data(), into.size(), static_cast<off_t>(at_ - body_.memory.size()));
        } while (read < 0 && errno == EINTR);
        if (read < 0) unreadable(body_.file, std::generic_category().message(errno));
        if (read == 0) unreadable(body_.file, "it became shorter meanwhile");
        count = static_cast<std::size_t>(read);
    }
    at_ += count;
    return count;
}

}  // namespace bitx::remote
