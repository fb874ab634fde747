#include "agent/store/blob_cache.hpp"

#include <algorithm>
#include <vector>

#include "agent/error.hpp"
#include "agent/file.hpp"
#include "agent/unique_name.hpp"

namespace bitx::agent {
namespace {

namespace fs = std::filesystem;

}  // namespace

BlobCache::BlobCache(fs::path folder, std::uint64_t limit) : folder_(std::move(folder)), limit_(limit) {}

BlobCache::~BlobCache() {
    if (written_ > 0) trim();
}

std::optional<codec::Bytes> BlobCache::read(const std::string& blob, const std::string& part) {
    const fs::path path = folder_ / blob / part;
    std::error_code error;
    if (!fs::is_regular_file(path, error)) return std::nullopt;
    try {
        const File file(path, File::Mode::read);
        codec::Bytes bytes(file.size());
        file.read(0, bytes);
        fs::last_write_time(path, fs::file_time_type::clock::now(), error);
        return bytes;
    } catch (const Error&) {  // another process trims
        return std::nullopt;
    }
}

void BlobCache::write(const std::string& blob, const std::string& part, codec::ByteView bytes) {
    if (bytes.size() > limit_ / 8) return;
    const fs::path path = folder_ / blob / part;
    const fs::path temporary = path.string() + '~' + unique_name();
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    try {
        File(temporary, File::Mode::create, 0600).write(0, bytes);
        fs::rename(temporary, path, error);
    } catch (const Error&) {
        fs::remove(temporary, error);
        return;
    }
    const std::lock_guard lock(mutex_);
    written_ += bytes.size();
    if (written_ > limit_ / 8) trim();
}

bool BlobCache::forget(const std::string& blob) {
    std::error_code ignored;
    return fs::remove_all(folder_ / blob, ignored) > 0;
}

void BlobCache::trim() {
    struct Part {
        fs::file_time_type used;
        std::uint64_t size;
        fs::path path;
    };
    written_ = 0;
    std::vector<Part> parts;
    std::uint64_t size = 0;
    std::error_code error;
    fs::recursive_directory_iterator entry(folder_.parent_path(), error);
    for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
        std::error_code gone;
        if (!entry->is_regular_file(gone)) continue;
        parts.push_back({entry->last_write_time(gone), entry->file_size(gone), entry->path()});
        if (gone) parts.pop_back();
    }
    for (const Part& part : parts) size += part.size;
    std::ranges::sort(parts, {}, &Part::used);
    for (const Part& part : parts) {
        if (size <= limit_) break;
        if (fs::remove(part.path, error)) size -= part.size;
        fs::remove(part.path.parent_path(), error);  // where it is empty
    }
}

}  // namespace bitx::agent
