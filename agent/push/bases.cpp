#include "agent/push/bases.hpp"

#include <algorithm>

#include "agent/error.hpp"
#include "agent/message.hpp"

namespace bitx::agent {
namespace {

// How many other versions of a file are looked up in the store before it is taken as new.
constexpr std::size_t neighbour_limit = 8;

}  // namespace

FileBases Bases::of(const codec::Digest& oid, const std::string& path) {
    FileBases bases{.path = path};
    if (!history_) history_ = FileHistory::read(repository_);
    const std::vector<std::string> paths = history_->paths_of(oid.hex());
    if (!paths.empty()) bases.path = paths.front();
    if (auto model = neighbour(bases.path, oid)) bases.models.push_back(std::move(model));
    if (auto model = declared()) bases.models.push_back(std::move(model));
    return bases;
}

void Bases::read_ahead() {
    if (declared_) return;
    std::promise<std::shared_ptr<const BaseModel>> known;
    declared_ = known.get_future().share();
    try {
        const DotBitx dot_bitx =
            DotBitx::read(repository_, [](const std::string& message) { warn(message); });
        if (dot_bitx.base)
            declared_ = std::async(std::launch::async, [this, base = *dot_bitx.base] { return read(base); });
        else
            known.set_value(nullptr);
    } catch (...) {
        known.set_exception(std::current_exception());
    }
}

std::shared_ptr<const BaseModel> Bases::declared() {
    read_ahead();
    return declared_->get();
}

// The tensors of a published model, and where they are on this machine.
std::shared_ptr<const BaseModel> Bases::read(const DeclaredBase& base) {
    const std::string name = base.model.text();
    try {
        const codec::Manifest manifest = store_.manifest(name, codec::Digest::from_hex(base.revision));
        std::vector<codec::Recipe> recipes(manifest.files.size());
        pool_.parallel_for(recipes.size(), [&](std::size_t i) {
            recipes[i] = store_.recipe(manifest.files[i].oid);
            if (local_ != nullptr) local_->add(recipes[i], pool_);
        });
        auto model = std::make_shared<BaseModel>();
        for (std::size_t i = 0; i < recipes.size(); ++i)
            model->add(manifest.files[i].path, recipes[i], name + ' ' + manifest.files[i].path);
        return model;
    } catch (const AbsentError& error) {
        throw Error("the base " + name + "@" + base.revision.substr(0, 12) + " is not in " +
                    store_.describe() + " (" + error.fault() + "); put it there with 'git bitx base set " +
                    name + " --from PATH', or go on without it by 'git bitx base clear'");
    }
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
            if (local_ != nullptr) local_->add(*recipe, pool_);
            return model;
        } catch (const DamagedError& error) {
            warn(error.fault() + "; not taken for a base");
        }
    }
    return nullptr;
}

}  // namespace bitx::agent
