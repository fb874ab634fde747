#include "agent/local/local_sources.hpp"

#include <algorithm>
#include <exception>
#include <set>

#include "agent/dot_bitx.hpp"
#include "agent/local/likeness.hpp"
#include "agent/message.hpp"

namespace bitx::agent {
namespace {

namespace fs = std::filesystem;

// Each costs a request: those of an LFS folder that neither HEAD nor the base names.
constexpr std::size_t most_objects = 64;
// Files of one size that are looked into, of a folder that has many fine-tunes.
constexpr std::size_t most_of_a_size = 64;

}  // namespace

LocalSources::LocalSources(Repository& repository, Store& store, const Settings& settings)
    : repository_(repository), store_(store), folders_(repository.lfs_objects(), settings.local) {}

std::optional<fs::path> LocalSources::find(const codec::Digest& oid, std::uint64_t size) {
    const std::lock_guard lock(folders_in_use_);
    return folders_.find(oid, size);
}

std::vector<fs::path> LocalSources::of_size(std::uint64_t size) {
    const std::lock_guard lock(folders_in_use_);
    std::vector<fs::path> paths = folders_.of_size(size);
    if (paths.size() > most_of_a_size) paths.resize(most_of_a_size);
    return paths;
}

std::optional<fs::path> LocalSources::add(const codec::Recipe& recipe, ThreadPool& pool) {
    if (const auto path = find(recipe.oid, recipe.size)) {
        blobs_.add(*path, recipe);
        return std::nullopt;
    }
    const std::vector<fs::path> paths = of_size(recipe.size);
    if (paths.empty()) return std::nullopt;
    std::vector<Likeness> found(paths.size());
    pool.parallel_for(paths.size(), [&](std::size_t i) { found[i] = likeness(paths[i], recipe); });
    const auto best = std::ranges::max_element(found, {}, &Likeness::same);
    if (best->same == 0) return std::nullopt;
    const fs::path& path = paths[static_cast<std::size_t>(best - found.begin())];
    blobs_.add(path, recipe);
    return best->seems_whole() ? std::optional(path) : std::nullopt;
}

std::vector<codec::Digest> LocalSources::base_files() {
    std::vector<codec::Digest> oids;
    try {
        const DotBitx dot_bitx = DotBitx::read(repository_, [](const std::string&) {});
        if (const std::optional<DeclaredBase>& base = dot_bitx.base) {
            const codec::Manifest manifest =
                store_.manifest(base->model.text(), codec::Digest::from_hex(base->revision));
            for (const codec::ManifestFile& file : manifest.files)
                if (find(file.oid, file.size) || !of_size(file.size).empty()) oids.push_back(file.oid);
        }
    } catch (const std::exception& error) {
        note(std::string("the base is not looked for on this machine: ") + error.what());
    }
    return oids;
}

std::vector<LocalFolders::Object> LocalSources::named_candidates() {
    std::vector<LocalFolders::Object> objects;
    if (const std::optional<std::string> head = repository_.resolve("HEAD"))
        for (const LfsFile& file : repository_.lfs_files(*head, false))
            objects.push_back({codec::Digest::from_hex(file.oid), file.size});
    const std::lock_guard lock(folders_in_use_);
    for (const LocalFolders::Object& object : folders_.newest_objects(most_objects))
        objects.push_back(object);
    return objects;
}

void LocalSources::gather(ThreadPool& pool) {
    const std::lock_guard lock(gathering_);
    if (gathered_) return;
    gathered_ = true;
    std::vector<codec::Digest> oids = base_files();
    std::set<codec::Digest> seen(oids.begin(), oids.end());
    for (const LocalFolders::Object& object : named_candidates())
        if (seen.insert(object.oid).second && find(object.oid, object.size)) oids.push_back(object.oid);
    pool.parallel_for(oids.size(), [&](std::size_t i) {
        try {
            if (const std::optional<codec::Recipe> recipe = store_.find_recipe(oids[i])) add(*recipe, pool);
        } catch (const std::exception& error) {
            note("object " + oids[i].hex() + " is not used, though it is on this machine: " + error.what());
        }
    });
}

}  // namespace bitx::agent
