#include "agent/setup/pre_push.hpp"

#include <algorithm>

#include "agent/error.hpp"
#include "agent/git/lfs_url.hpp"
#include "agent/git/process.hpp"

namespace bitx::agent {

namespace {

constexpr std::uint64_t lfsconfig_limit = 1 << 20;
constexpr std::string_view branches = "refs/heads/";
constexpr std::string_view tags = "refs/tags/";

bool exists(const Repository& repository, const std::string& ref) {
    return repository.resolve(ref).has_value();
}

std::vector<std::string> lines_of_git(const Repository& repository,
                                      const std::vector<std::string>& question) {
    ProcessOptions options;
    options.directory = repository.directory();
    const std::string answer = ask_git(question, 1, options).value_or("");
    std::vector<std::string> lines;
    for (std::size_t start = 0; start < answer.size();) {
        const std::size_t end = std::min(answer.find('\n', start), answer.size());
        lines.push_back(answer.substr(start, end - start));
        start = end + 1;
    }
    return lines;
}

}  // namespace

std::string default_branch(const Repository& repository, std::string_view remote) {
    const std::string prefix = "refs/remotes/" + std::string(remote) + "/";
    const auto head = lines_of_git(repository, {"symbolic-ref", "--quiet", prefix + "HEAD"});
    if (!head.empty() && head[0].starts_with(prefix)) return head[0].substr(prefix.size());
    for (const std::string& name : {repository.config().get("init.defaultbranch").value_or(""),
                                    std::string("main"), std::string("master")}) {
        if (!name.empty() && exists(repository, std::string(branches) + name)) return name;
    }
    const auto all = lines_of_git(repository, {"for-each-ref", "--format=%(refname)", std::string(branches)});
    return all.size() == 1 ? all[0].substr(branches.size()) : std::string();
}

void check_lfsconfig(Repository& repository, const std::vector<PushedRef>& refs, std::string_view remote) {
    const GitConfig here = lfs_config(repository);
    const std::string sent_to = lfs_url(here, Operation::upload, remote);
    const std::string received_from = lfs_url(here, Operation::download, remote);
    for (const PushedRef& ref : refs) {
        if (ref.is_deletion()) continue;
        const auto commit = repository.resolve(ref.local_oid);
        if (!commit) continue;  // a tag of something else
        const std::string file = *commit + ":.lfsconfig";
        const auto bytes = repository.blob(*commit, ".lfsconfig", lfsconfig_limit);
        const std::string of_clone = lfs_url(clone_config(repository.config(), bytes.value_or(""), file),
                                             Operation::download, "origin");
        if (!of_clone.empty() && (of_clone == sent_to || of_clone == received_from)) continue;
        if (repository.lfs_files(*commit).empty()) continue;
        const std::string fault = !bytes ? "it has no .lfsconfig"
                                  : of_clone.empty()
                                      ? "its .lfsconfig has no lfs.url"
                                      : "its .lfsconfig says '" + without_credentials(of_clone) + "'";
        throw Error("no clone of " + ref.local_ref + " would find its LFS files: " + fault +
                    ", and they go to '" + without_credentials(sent_to) +
                    "'; commit the .lfsconfig that 'git bitx init' wrote, or push it as it is with "
                    "'git -c bitx.requireUrl=false push'");
    }
}

std::vector<std::string> commits_to_publish(const Repository& repository, const std::vector<PushedRef>& refs,
                                            std::string_view remote) {
    const std::string branch = std::string(branches) + default_branch(repository, remote);
    std::vector<std::string> commits;
    const auto add = [&](const PushedRef& ref) {
        const auto commit = repository.resolve(ref.local_oid);
        if (commit && std::ranges::find(commits, *commit) == commits.end()) commits.push_back(*commit);
    };
    for (const PushedRef& ref : refs) {
        if (!ref.is_deletion() && ref.remote_ref.starts_with(tags)) add(ref);
    }
    for (const PushedRef& ref : refs) {
        if (!ref.is_deletion() && ref.remote_ref == branch) add(ref);
    }
    return commits;
}

}  // namespace bitx::agent
