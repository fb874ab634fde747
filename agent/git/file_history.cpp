#include "agent/git/file_history.hpp"

#include <algorithm>
#include <sstream>
#include <unordered_set>

#include "agent/git/process.hpp"
#include "agent/git/tree.hpp"

namespace bitx::agent {

FileHistory FileHistory::read(Repository& repository, std::size_t commits) {
    ProcessOptions options;
    options.directory = repository.directory();
    std::vector<std::string> question{"rev-list", "--date-order", "--max-count=" + std::to_string(commits),
                                      "--all"};
    if (repository.resolve("HEAD")) question.emplace_back("HEAD");
    std::istringstream list(run_git(question, options));

    FileHistory history;
    std::unordered_set<std::string> seen;  // a tree or blob at a path where it was seen holds nothing new
    for (std::string commit; std::getline(list, commit);) {
        walk_tree(repository, commit, false, [&](const TreeEntry& entry) {
            if (!entry.is_tree() && !entry.is_regular()) return false;
            if (!seen.insert(entry.oid + entry.path).second) return false;
            if (entry.is_tree()) return true;
            if (const auto bytes = repository.object(entry.oid, lfs_pointer_limit - 1, false)) {
                if (const auto pointer = parse_lfs_pointer(*bytes)) history.add(entry.path, pointer->oid);
            }
            return false;
        });
    }
    return history;
}

void FileHistory::add(const std::string& path, const std::string& oid) {
    std::vector<std::string>& versions = versions_[path];
    if (std::ranges::find(versions, oid) != versions.end()) return;
    versions.push_back(oid);
    paths_[oid].push_back(path);
}

std::vector<std::string> FileHistory::objects() const {
    std::vector<std::string> oids;
    oids.reserve(paths_.size());
    for (const auto& [oid, paths] : paths_) oids.push_back(oid);
    return oids;
}

std::vector<std::string> FileHistory::paths_of(std::string_view oid) const {
    const auto found = paths_.find(std::string(oid));
    return found == paths_.end() ? std::vector<std::string>() : found->second;
}

std::vector<std::string> FileHistory::neighbours(std::string_view path, std::string_view oid) const {
    const auto found = versions_.find(std::string(path));
    if (found == versions_.end()) return {};
    const std::vector<std::string>& versions = found->second;
    const auto position = std::ranges::find(versions, oid);
    if (position == versions.end()) return versions;
    const auto at = static_cast<std::size_t>(position - versions.begin());
    std::vector<std::string> nearest;
    for (std::size_t distance = 1; distance < versions.size(); ++distance) {
        if (at + distance < versions.size()) nearest.push_back(versions[at + distance]);
        if (at >= distance) nearest.push_back(versions[at - distance]);
    }
    return nearest;
}

}  // namespace bitx::agent
