#include "remote/memory_engine.hpp"

#include <algorithm>
#include <array>
#include <fstream>

namespace bitx::remote {
namespace {

std::vector<std::byte> bytes_of(const Body& body) {
    std::vector<std::byte> bytes(body.memory.begin(), body.memory.end());
    if (body.file.empty()) return bytes;
    std::ifstream file(body.file, std::ios::binary);
    std::array<char, 64 << 10> piece;
    while (file.read(piece.data(), piece.size()), file.gcount() > 0) {
        const auto read = std::as_bytes(std::span(piece).first(static_cast<std::size_t>(file.gcount())));
        bytes.insert(bytes.end(), read.begin(), read.end());
    }
    if (!file.eof()) throw Error("cannot read " + body.file.string() + " to store it");
    return bytes;
}

}  // namespace

std::optional<MemoryEngine::Object> MemoryEngine::find(std::string_view key) const {
    check_key(key);
    const std::lock_guard lock(mutex_);
    const auto found = objects_.find(key);
    if (found == objects_.end()) return std::nullopt;
    return found->second;
}

std::optional<ObjectInfo> MemoryEngine::head(std::string_view key) {
    const auto object = find(key);
    if (!object) return std::nullopt;
    return object->info;
}

ObjectInfo MemoryEngine::get(std::string_view key, ByteRange range, const Sink& sink,
                             std::string_view version) {
    const auto object = find(key);
    if (!object) throw AbsentError(std::string(key) + " does not exist in the store");
    if (!version.empty() && version != object->info.version) {
        throw ChangedError(std::string(key) + " has changed; read it again");
    }
    std::span<const std::byte> bytes(*object->bytes);
    bytes = bytes.subspan(std::min<std::uint64_t>(range.offset, bytes.size()));
    bytes = bytes.first(std::min<std::uint64_t>(range.length, bytes.size()));
    constexpr std::size_t piece = 64 << 10;
    for (; !bytes.empty(); bytes = bytes.subspan(std::min(piece, bytes.size()))) {
        sink(bytes.first(std::min(piece, bytes.size())));
    }
    return object->info;
}

PutResult MemoryEngine::put(std::string_view key, const Body& body, PutMode mode) {
    check_key(key);
    auto bytes = std::make_shared<const std::vector<std::byte>>(bytes_of(body));
    const std::lock_guard lock(mutex_);
    if (mode == PutMode::create_if_absent && objects_.contains(key)) return PutResult::existed;
    const ObjectInfo info{bytes->size(), std::to_string(++last_version_)};
    objects_.insert_or_assign(std::string(key), Object{std::move(bytes), info});
    return PutResult::written;
}

void MemoryEngine::list(std::string_view prefix,
                        const std::function<void(std::string_view key, std::uint64_t size)>& each) {
    std::vector<std::pair<std::string, std::uint64_t>> found;  // `each` may call us
    {
        const std::lock_guard lock(mutex_);
        for (auto at = objects_.lower_bound(prefix); at != objects_.end() && at->first.starts_with(prefix);
             ++at) {
            found.emplace_back(at->first, at->second.info.size);
        }
    }
    for (const auto& [key, size] : found) each(key, size);
}

void MemoryEngine::remove(std::string_view key) {
    check_key(key);
    const std::lock_guard lock(mutex_);
    if (const auto found = objects_.find(key); found != objects_.end()) objects_.erase(found);
}

}  // namespace bitx::remote
