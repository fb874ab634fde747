#include "agent/model/publish.hpp"

#include "agent/error.hpp"
#include "agent/git/process.hpp"

namespace bitx::agent {

namespace {

bool is_ancestor(const Repository& repository, std::string_view ancestor, std::string_view commit) {
    ProcessOptions options;
    options.directory = repository.directory();
    constexpr int no = 1;
    return ask_git({"merge-base", "--is-ancestor", std::string(ancestor), std::string(commit)}, no, options)
        .has_value();
}

std::string shortened(std::string_view commit) {
    return std::string(commit.substr(0, 12));
}

}  // namespace

Succession succession(const Repository& repository, Store& store, const ModelName& model,
                      std::string_view commit) {
    const auto latest = store.find_latest(model.text());
    if (!latest) return Succession::first;
    const std::string& published = latest->manifest.commit;
    if (published == commit) return Succession::same;
    if (published.empty() || !repository.resolve(published)) return Succession::unrelated;
    if (is_ancestor(repository, published, commit)) return Succession::forward;
    return is_ancestor(repository, commit, published) ? Succession::backward : Succession::unrelated;
}

std::string objection(Succession succession, const Store& store, const ModelName& model,
                      std::string_view commit) {
    const std::string name = "'" + model.text() + "' in " + store.describe();
    const std::string remedy = ": publish under another name, or over it with --force";
    if (succession == Succession::backward) {
        return name + " was published from a later commit than " + shortened(commit) + remedy;
    }
    if (succession == Succession::unrelated) {
        return name + " was published from something else than an ancestor of " + shortened(commit) + remedy;
    }
    return {};
}

Publication publish_commit(Repository& repository, Store& store, const ModelName& model,
                           std::string_view commit) {
    codec::Manifest manifest;
    manifest.model = model.text();
    manifest.commit = commit;
    Publication publication;
    std::string missing;
    std::size_t missing_count = 0;
    for (const LfsFile& file : repository.lfs_files(commit)) {
        if (file.size == 0) continue;  // git-lfs never sends it
        const codec::Digest oid = codec::Digest::from_hex(file.oid);
        if (!store.find_recipe(oid)) {
            if (missing.empty()) missing = file.path;
            ++missing_count;
        }
        manifest.files.push_back({file.path, file.size, oid});
        publication.size += file.size;
    }
    if (manifest.files.empty()) {
        throw Error("commit " + shortened(commit) + " has no LFS files: there is nothing to publish");
    }
    if (missing_count > 0) {
        const std::string more = missing_count == 1 ? "' of "
                                 : missing_count == 2
                                     ? "' and 1 more file of "
                                     : "' and " + std::to_string(missing_count - 1) + " more files of ";
        throw Error("'" + missing + more + shortened(commit) + (missing_count == 1 ? " is" : " are") +
                    " not in " + store.describe() + ": push first ('git push')");
    }
    publication.files = manifest.files.size();
    publication.revision = store.publish(manifest);
    return publication;
}

}  // namespace bitx::agent
