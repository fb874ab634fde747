#include "agent/push/bases.hpp"

#include <algorithm>

#include "agent/error.hpp"
#include "agent/message.hpp"

namespace bitx::agent {
namespace {

// How many other versions of a file are looked up in the store before it is taken as new.
constexpr std::size_t neighbour_limit = 8;

}  // namespace

std::shared_ptr<const BaseModel> read_base_model(Store& store, const codec::Manifest& manifest) {
    auto model = std::make_shared<BaseModel>();
    for (const codec::ManifestFile& file : manifest.files)
        model->add(file.path, store.recipe(file.oid), manifest.model + ' ' + file.path);
    return model;
}

FileBases Bases::of(const codec::Digest& oid, const std::string& path) {
    FileBases bases{.path = path};
    if (!history_) history_ = FileHistory::read(repository_);
    const std::vector<std::string> paths = history_->paths_of(oid.hex());
    if (!paths.empty()) bases.path = paths.front();
    if (auto model = neighbour(bases.path, oid)) bases.models.push_back(std::move(model));
    if (auto model = declared()) bases.models.push_back(std::move(model));
    return bases;
}

std::shared_ptr<const BaseModel> Bases::declared() {
    if (declared_known_) return declared_;
    const DotBitx dot_bitx = DotBitx::read(repository_, [](const std::string& message) { warn(message); });
    if (const std::optional<DeclaredBase>& base = dot_bitx.base) {
        const std::string model = base->model.text();
        try {
            declared_ =
                read_base_model(store_, store_.manifest(model, codec::Digest::from_hex(base->revision)));
        } catch (const AbsentError& error) {
            throw Error("the base " + model + "@" + base->revision.substr(0, 12) + " is not in " +
                        store_.describe() + " (" + error.fault() +
                        "); put it there with 'git bitx base set " + model +
                        " --from PATH', or go on without it by 'git bitx base clear'");
        }
    }
    declared_known_ = true;
    return declared_;
}

std::shared_ptr<const BaseModel> Bases::neighbour(const std::string& path, const codec::Digest& oid) {
    const std::vector<std::string> versions = history_->neighbours(path, oid.hex());
    for (std::size_t i = 0; i < std::min(versions.size(), neighbour_limit); ++i) {
        try {
            const std::optional<codec::Recipe> recipe =
                store_.find_recipe(codec::Digest::from_hex(versions[i]));
            if (!recipe) continue;
            auto model = std::make_shared<BaseModel>();
            model->add(path, *recipe, "version " + versions[i].substr(0, 12) + " of " + path);
            return model;
        } catch (const DamagedError& error) {
            warn(error.fault() + "; not taken for a base");
        }
    }
    return nullptr;
}

}  // namespace bitx::agent
