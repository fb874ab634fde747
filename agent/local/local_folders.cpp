#include "agent/local/local_folders.hpp"

#include <algorithm>
#include <cstdlib>

#include "codec/error.hpp"

namespace bitx::agent {
namespace {

namespace fs = std::filesystem;

// Bounds for a folder that is larger than the user thinks: a home, a disk.
constexpr int deepest = 8;
constexpr std::size_t most_files = 100'000;
// A smaller file is fetched sooner than found.
constexpr std::uint64_t least_size = 64 << 10;

std::optional<codec::Digest> digest_named(const fs::path& path) {
    try {
        return codec::Digest::from_hex(path.filename().string());
    } catch (const codec::CorruptError&) {
        return std::nullopt;
    }
}

template <typename Each>
void for_each_entry(const fs::path& folder, const Each& each) {
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
        each(*entry);
}

bool is_hex_pair(const fs::path& path) {
    const std::string name = path.filename().string();
    return name.size() == 2 && name.find_first_not_of("0123456789abcdef") == std::string::npos;
}

bool holds_lfs_objects(const fs::path& folder) {
    bool found = false;
    for_each_entry(folder, [&](const fs::directory_entry& entry) {
        std::error_code ignored;
        if (found || !is_hex_pair(entry.path()) || !entry.is_directory(ignored)) return;
        for_each_entry(entry.path(), [&](const fs::directory_entry& below) {
            found = found || (is_hex_pair(below.path()) && below.is_directory(ignored));
        });
    });
    return found;
}

fs::path object_path(const fs::path& folder, const codec::Digest& oid) {
    const std::string name = oid.hex();
    return folder / name.substr(0, 2) / name.substr(2, 2) / name;
}

bool is_file_of(const fs::path& path, std::uint64_t size) {
    std::error_code error;
    return fs::is_regular_file(path, error) && fs::file_size(path, error) == size && !error;
}

}  // namespace

LocalFolders::LocalFolders(fs::path lfs_objects, const std::vector<fs::path>& folders)
    : object_folders_{std::move(lfs_objects)} {
    for (const fs::path& folder : folders) add(folder);
}

void LocalFolders::add(const fs::path& folder) {
    for (const fs::path& objects :
         {folder, folder / "lfs" / "objects", folder / ".git" / "lfs" / "objects"}) {
        if (!holds_lfs_objects(objects)) continue;
        object_folders_.push_back(objects);
        return;
    }
    if (!add_hugging_face_cache(folder) && !add_hugging_face_cache(folder / "hub"))
        plain_folders_.push_back(folder);
}

bool LocalFolders::add_hugging_face_cache(const fs::path& folder) {
    bool found = false;
    for_each_entry(folder, [&](const fs::directory_entry& model) {
        if (!model.path().filename().string().starts_with("models--")) return;
        found = true;
        for_each_entry(model.path() / "blobs", [&](const fs::directory_entry& blob) {
            if (const auto oid = digest_named(blob.path())) named_.try_emplace(*oid, blob.path());
        });
    });
    return found;
}

void LocalFolders::scan(const fs::path& folder) {
    std::error_code error;
    fs::recursive_directory_iterator entry(folder, fs::directory_options::skip_permission_denied, error);
    for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
        if (by_size_.size() >= most_files) return;
        const bool hidden = entry->path().filename().string().starts_with('.');
        if (hidden || entry.depth() >= deepest) entry.disable_recursion_pending();
        std::error_code unreadable;
        if (hidden || !entry->is_regular_file(unreadable)) continue;
        const std::uint64_t size = entry->file_size(unreadable);
        if (!unreadable && size >= least_size) by_size_.emplace(size, entry->path());
    }
}

std::optional<fs::path> LocalFolders::find(const codec::Digest& oid, std::uint64_t size) const {
    for (const fs::path& folder : object_folders_)
        if (const fs::path path = object_path(folder, oid); is_file_of(path, size)) return path;
    if (const auto found = named_.find(oid); found != named_.end() && is_file_of(found->second, size))
        return found->second;
    return std::nullopt;
}

std::vector<fs::path> LocalFolders::of_size(std::uint64_t size) {
    if (!scanned_)
        for (const fs::path& folder : plain_folders_) scan(folder);
    scanned_ = true;
    const auto [first, last] = by_size_.equal_range(size);
    std::vector<fs::path> paths;
    for (auto file = first; file != last; ++file) paths.push_back(file->second);
    return paths;
}

std::vector<LocalFolders::Object> LocalFolders::newest_objects(std::size_t limit) const {
    struct Dated {
        fs::file_time_type time;
        Object object;
    };
    std::vector<Dated> dated;
    const auto add_object = [&](const fs::directory_entry& entry) {
        std::error_code error;
        const auto oid = digest_named(entry.path());
        if (!oid || !entry.is_regular_file(error)) return;
        const std::uint64_t size = entry.file_size(error);
        if (!error && size >= least_size) dated.push_back({entry.last_write_time(error), {*oid, size}});
    };
    for (const fs::path& folder : object_folders_)
        for_each_entry(folder, [&](const fs::directory_entry& one) {
            for_each_entry(one.path(),
                           [&](const fs::directory_entry& two) { for_each_entry(two.path(), add_object); });
        });
    std::ranges::sort(dated, std::ranges::greater(), &Dated::time);
    std::vector<Object> objects;
    for (const Dated& each : dated)
        if (objects.size() < limit) objects.push_back(each.object);
    return objects;
}

fs::path user_cache_directory() {
    // NOLINTBEGIN(concurrency-mt-unsafe): nobody sets variables
    if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache == '/')
        return fs::path(cache) / "git-bitx";
    if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/')
        return fs::path(home) / ".cache" / "git-bitx";
    // NOLINTEND(concurrency-mt-unsafe)
    return {};
}

std::optional<fs::path> hugging_face_cache() {
    const auto variable = [](const char* name, const char* below) {
        const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody sets variables
        return value != nullptr && *value == '/' ? fs::path(value) / below : fs::path();
    };
    for (const fs::path& path : {variable("HF_HUB_CACHE", ""), variable("HF_HOME", "hub"),
                                 variable("HOME", ".cache/huggingface/hub")}) {
        std::error_code error;
        if (!path.empty() && fs::is_directory(path, error))
            return path.has_filename() ? path : path.parent_path();
    }
    return std::nullopt;
}

}  // namespace bitx::agent
