#include "agent/git/tree.hpp"

#include "agent/error.hpp"

namespace bitx::agent {

namespace {

constexpr std::uint64_t tree_limit = std::uint64_t{256} << 20;
constexpr unsigned depth_limit = 1024;
constexpr std::size_t hash_size = 20;

std::string hex(std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const char c : bytes) {
        text += digits[static_cast<unsigned char>(c) >> 4U];
        text += digits[static_cast<unsigned char>(c) & 15U];
    }
    return text;
}

struct Walk {
    Repository& repository;
    bool may_fetch;
    const std::function<bool(const TreeEntry&)>& each;

    /// A tree object is entries of: mode in octal, space, name, NUL, 20 bytes of hash (git,
    /// "gitformat-pack").
    void tree(const std::string& oid, const std::string& prefix, unsigned depth) {
        const auto bytes = repository.object(oid, tree_limit, may_fetch);
        if (!bytes && !may_fetch) return;
        const auto fail = [&] { throw Error("git tree " + oid + " is missing or damaged; run 'git fsck'"); };
        if (!bytes || depth > depth_limit) fail();
        std::string_view rest = *bytes;
        while (!rest.empty()) {
            const std::size_t space = rest.find(' ');
            const std::size_t end = rest.find('\0');
            if (space == std::string_view::npos || end == std::string_view::npos || space > end ||
                rest.size() - end - 1 < hash_size) {
                fail();
            }
            TreeEntry entry;
            for (const char c : rest.substr(0, space)) {
                if (c < '0' || c > '7' || entry.mode > 0177777U) fail();
                entry.mode = entry.mode * 8 + static_cast<unsigned>(c - '0');
            }
            entry.path = prefix + std::string(rest.substr(space + 1, end - space - 1));
            entry.oid = hex(rest.substr(end + 1, hash_size));
            rest.remove_prefix(end + 1 + hash_size);
            if (each(entry) && entry.is_tree()) tree(entry.oid, entry.path + "/", depth + 1);
        }
    }
};

}  // namespace

void walk_tree(Repository& repository, std::string_view commit, bool may_fetch,
               const std::function<bool(const TreeEntry&)>& each) {
    constexpr std::uint64_t commit_limit = std::uint64_t{64} << 20;
    const auto bytes = repository.object(commit, commit_limit, may_fetch);
    if (!bytes && !may_fetch) return;
    if (!bytes || !bytes->starts_with("tree ") || bytes->size() < 5 + 2 * hash_size) {
        throw Error("git commit " + std::string(commit) + " is missing or damaged; run 'git fsck'");
    }
    Walk{repository, may_fetch, each}.tree(bytes->substr(5, 2 * hash_size), "", 0);
}

}  // namespace bitx::agent
