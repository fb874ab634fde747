#include <iostream>
#include <memory>

#include <nlohmann/json.hpp>

#include "agent/command/command.hpp"
#include "agent/dot_bitx.hpp"
#include "agent/error.hpp"
#include "agent/session.hpp"
#include "agent/store/usage.hpp"
#include "agent/text/table.hpp"
#include "agent/transfer_summary.hpp"

namespace bitx::agent {
namespace {

using nlohmann::json;

constexpr const char* stats_manual = R"(
What the LFS files of a commit (HEAD by default) cost in the store.

    raw        the files as they are
    stored     what the store holds for them alone: deltas, what is coded on
               its own, headers and recipes. What the declared base holds too,
               or a file listed before, is not counted again
    delta      bytes coded against a base, and what they take
    own        bytes coded on their own, and what they take
    shared     bytes that cost nothing: the base or another file has them
    cold pull  what a clone fetches where nothing is at hand
    with base  what it fetches where the base is

With --last, instead, what the last push and the last pull of this repository
did: bytes by means, raw bytes of bases (here: of files of this machine and the
cache), requests to the store, and what their threads spent their time on. The
same goes to stderr, which git-lfs shows under GIT_TRACE=1.)";

struct StatsOptions {
    std::string revision = "HEAD";
    bool as_json = false;
    bool last = false;
};

json as_json(const FileUsage& usage) {
    return {{"raw", usage.raw},
            {"stored", usage.stored()},
            {"delta", {{"raw", usage.delta_raw}, {"stored", usage.delta_stored}}},
            {"own", {{"raw", usage.own_raw}, {"stored", usage.own_stored}}},
            {"shared", {{"raw", usage.shared_raw}}},
            {"overhead", usage.overhead},
            {"cold_pull", usage.cold_pull},
            {"pull_with_base", usage.pull_with_base}};
}

void add_line(Table& table, const std::string& name, const FileUsage& usage) {
    table.add({name, bytes_text(usage.raw), bytes_text(usage.stored()), share_text(usage.stored(), usage.raw),
               bytes_text(usage.delta_raw) + " in " + bytes_text(usage.delta_stored),
               bytes_text(usage.own_raw) + " in " + bytes_text(usage.own_stored),
               bytes_text(usage.shared_raw), bytes_text(usage.cold_pull), bytes_text(usage.pull_with_base)});
}

void exclude_base(UsageCount& count, Session& session) {
    const std::optional<DeclaredBase> base =
        DotBitx::read(session.repository, [](const std::string&) {}).base;
    if (!base) return;
    const auto manifest =
        session.store->manifest(base->model.text(), codec::Digest::from_hex(base->revision));
    for (const codec::ManifestFile& file : manifest.files) count.exclude(session.store->recipe(file.oid));
}

void print_last(const StatsOptions& options) {
    const Repository repository = Repository::open();
    json all = json::array();
    for (const char* operation : {"push", "pull"}) {
        const auto summary = TransferSummary::read(repository.bitx_dir(), operation);
        if (!summary) continue;
        all.push_back(summary->json());
        if (!options.as_json) summary->print(std::cout);
    }
    if (options.as_json)
        std::cout << all.dump(2) << '\n';
    else if (all.empty())
        std::cout << "no push or pull by git-bitx was finished here yet\n";
}

void stats(const StatsOptions& options) {
    if (options.last) return print_last(options);
    Session session(Operation::download);
    const std::optional<std::string> commit = session.repository.resolve(options.revision);
    if (!commit) throw UsageError("there is no commit '" + options.revision + "'");
    UsageCount count(*session.store);
    exclude_base(count, session);
    FileUsage total;
    json files = json::array();
    Table table(
        {"file", ">raw", ">stored", ">share", ">delta", ">own", ">shared", ">cold pull", ">with base"});
    std::size_t missing = 0;
    for (const LfsFile& file : session.repository.lfs_files(*commit)) {
        const std::optional<codec::Recipe> recipe =
            session.store->find_recipe(codec::Digest::from_hex(file.oid));
        if (!recipe) {
            ++missing;
            table.add({file.path, bytes_text(file.size), "not pushed"});
            files.push_back({{"path", file.path}, {"oid", file.oid}, {"pushed", false}});
            continue;
        }
        const FileUsage usage = count.count(*recipe);
        total += usage;
        add_line(table, file.path, usage);
        json line = as_json(usage);
        line.update({{"path", file.path}, {"oid", file.oid}, {"pushed", true}});
        files.push_back(std::move(line));
    }
    if (options.as_json) {
        std::cout << json{{"store", session.store->describe()},
                          {"commit", *commit},
                          {"files", files},
                          {"total", as_json(total)}}
                         .dump(2, ' ', false, json::error_handler_t::replace)
                  << '\n';
        return;
    }
    add_line(table, "total", total);
    table.print(std::cout);
    std::cout << "in " << session.store->describe();
    if (missing > 0) std::cout << "; " << missing << " not pushed yet";
    std::cout << '\n';
}

}  // namespace

void add_stats(CLI::App& app) {
    const auto options = std::make_shared<StatsOptions>();
    CLI::App* command = app.add_subcommand("stats", "What this repository's files cost in the store");
    command->add_option("ref", options->revision, "A commit, branch or tag")->capture_default_str();
    command->add_flag("--last", options->last, "What the last push and the last pull did");
    command->add_flag("--json", options->as_json, "Print JSON");
    command->footer(stats_manual);
    command->callback([options] { stats(*options); });
}

}  // namespace bitx::agent
