#include "agent/local/local_sources.hpp"

#include <exception>
#include <set>

#include "agent/dot_bitx.hpp"
#include "agent/message.hpp"

namespace bitx::agent {
namespace {

// Each costs a request: those of an LFS folder that neither HEAD nor the base names.
constexpr std::size_t most_objects = 64;

}  // namespace

LocalSources::LocalSources(Repository& repository, Store& store, const Settings& settings)
    : repository_(repository),
      store_(store),
      folders_(repository.lfs_objects(), settings.local,
               user_cache_directory().empty() ? std::filesystem::path() : user_cache_directory() / "hashes") {
}

std::vector<LocalFolders::Object> LocalSources::candidates() {
    std::vector<LocalFolders::Object> objects;
    try {
        const DotBitx dot_bitx = DotBitx::read(repository_, [](const std::string&) {});
        if (const std::optional<DeclaredBase>& base = dot_bitx.base) {
            const codec::Manifest manifest =
                store_.manifest(base->model.text(), codec::Digest::from_hex(base->revision));
            for (const codec::ManifestFile& file : manifest.files) objects.push_back({file.oid, file.size});
        }
    } catch (const std::exception& error) {
        note(std::string("the base is not looked for on this machine: ") + error.what());
    }
    if (const std::optional<std::string> head = repository_.resolve("HEAD"))
        for (const LfsFile& file : repository_.lfs_files(*head, false))
            objects.push_back({codec::Digest::from_hex(file.oid), file.size});
    for (const LocalFolders::Object& object : folders_.newest_objects(most_objects))
        objects.push_back(object);
    return objects;
}

std::optional<std::filesystem::path> LocalSources::find(const codec::Digest& oid, std::uint64_t size) {
    const std::lock_guard lock(mutex_);
    return folders_.find(oid, size);
}

void LocalSources::add(const codec::Recipe& recipe) {
    if (const auto path = find(recipe.oid, recipe.size)) blobs_.add(*path, recipe);
}

void LocalSources::gather(ThreadPool& pool) {
    const std::lock_guard lock(mutex_);
    if (gathered_) return;
    gathered_ = true;
    std::vector<std::pair<codec::Digest, std::filesystem::path>> files;
    std::set<codec::Digest> seen;
    for (const LocalFolders::Object& object : candidates())
        if (seen.insert(object.oid).second)
            if (auto path = folders_.find(object.oid, object.size))
                files.emplace_back(object.oid, *std::move(path));
    std::vector<std::optional<codec::Recipe>> recipes(files.size());
    pool.parallel_for(files.size(), [&](std::size_t i) {
        try {
            recipes[i] = store_.find_recipe(files[i].first);
        } catch (const std::exception& error) {
            note(files[i].second.string() + " is not used: " + error.what());
        }
    });
    for (std::size_t i = 0; i < files.size(); ++i)
        if (recipes[i]) blobs_.add(files[i].second, *recipes[i]);
}

}  // namespace bitx::agent
