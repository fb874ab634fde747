#include <iostream>
#include <memory>
#include <numeric>

#include <nlohmann/json.hpp>

#include "agent/command/command.hpp"
#include "agent/error.hpp"
#include "agent/message.hpp"
#include "agent/push/bases.hpp"
#include "agent/push/push.hpp"
#include "agent/session.hpp"
#include "agent/signals.hpp"
#include "agent/text/table.hpp"
#include "remote/decorator/dry_run_engine.hpp"

namespace bitx::agent {
namespace {

using nlohmann::json;

constexpr const char* plan_manual = R"(
What a push would store, tensor by tensor, and why. Codes everything as a push
does, so the figures are exact, and sends nothing.

PATH is a file of the worktree, committed or not; without one, every LFS file of
HEAD whose object is here.

    known   the store has these bytes, under whatever name
    delta   coded against the base that is named
    own     coded on its own)";

struct PlanOptions {
    std::vector<std::string> paths;
    bool as_json = false;
};

struct PlannedFile {
    std::string path;
    PushedFile file;
};

std::vector<PlannedFile> files_of(Repository& repository, const std::vector<std::string>& paths) {
    std::vector<PlannedFile> files;
    for (const std::string& path : paths) {
        const File file(path, File::Mode::read);
        files.push_back({path, {digest_of(file), file.size(), path}});
    }
    if (!paths.empty()) return files;
    const std::optional<std::string> head = repository.resolve("HEAD");
    if (!head) throw Error("there is no commit yet; name the files to plan");
    for (const LfsFile& file : repository.lfs_files(*head)) {
        const std::filesystem::path object = repository.lfs_object(file.oid);
        if (std::filesystem::exists(object))
            files.push_back({file.path, {codec::Digest::from_hex(file.oid), file.size, object}});
        else
            note(file.path + " is not here ('git lfs pull' fetches it); left out");
    }
    return files;
}

std::string means_of(const UnitReport& unit) {
    if (unit.kind == UnitKind::literal && unit.key == codec::BlobKey{}) return "in the recipe";
    if (unit.known) return "known";
    if (unit.bases.empty()) return "own";
    return "delta against " +
           std::accumulate(std::next(unit.bases.begin()), unit.bases.end(), unit.bases.front(),
                           [](const std::string& a, const std::string& b) { return a + ", " + b; });
}

json as_json(const PlannedFile& planned, const FileReport& report) {
    json units = json::array();
    for (const UnitReport& unit : report.units)
        units.push_back({{"kind", name(unit.kind)},
                         {"name", unit.name},
                         {"raw", unit.raw},
                         {"stored", unit.stored},
                         {"means", means_of(unit)}});
    return {{"path", planned.path},
            {"oid", report.oid.hex()},
            {"raw", report.raw},
            {"stored", report.stored()},
            {"known", report.known},
            {"format", codec::name(report.format)},
            {"why_opaque", report.why_opaque},
            {"recipe", report.recipe},
            {"units", units}};
}

void print(const PlannedFile& planned, const FileReport& report) {
    std::cout << planned.path << ": " << bytes_text(report.raw);
    if (report.known) {
        std::cout << ", the store has it\n\n";
        return;
    }
    std::cout << ", would store " << bytes_text(report.stored()) << " ("
              << share_text(report.stored(), report.raw) << ")\n";
    if (!report.why_opaque.empty())
        std::cout << "cut by content, since it is not safetensors: " << report.why_opaque << '\n';
    Table table({"unit", "name", ">raw", ">stored", ">share", "how"});
    for (const UnitReport& unit : report.units)
        table.add({std::string(name(unit.kind)), unit.name, bytes_text(unit.raw), bytes_text(unit.stored),
                   share_text(unit.stored, unit.raw), means_of(unit)});
    table.add({"recipe", "", "", bytes_text(report.recipe)});
    table.print(std::cout);
    std::cout << '\n';
}

void plan(const PlanOptions& options) {
    SignalWatch signals;
    Repository repository = Repository::open();
    const Settings settings = Settings::from(repository.config());
    Store store(std::make_unique<remote::DryRunEngine>(
        open_engine(store_url(repository, Operation::upload), repository)));
    const auto working = signals.work();
    Push push(store, settings, repository.bitx_dir() / "partial", signals.stop_token());
    Bases bases(repository, store, push.resources().pool(), nullptr);
    json all = json::array();
    for (const PlannedFile& planned : files_of(repository, options.paths)) {
        const FileReport report = push.push(
            planned.file, [&] { return bases.of(planned.file.oid, planned.path); }, [](std::uint64_t) {});
        if (options.as_json)
            all.push_back(as_json(planned, report));
        else
            print(planned, report);
    }
    if (options.as_json) std::cout << all.dump(2, ' ', false, json::error_handler_t::replace) << '\n';
}

}  // namespace

void add_plan(CLI::App& app) {
    const auto options = std::make_shared<PlanOptions>();
    CLI::App* command = app.add_subcommand("plan", "What a push would store, and why");
    command->add_option("path", options->paths, "Files of the worktree");
    command->add_flag("--json", options->as_json, "Print JSON");
    command->footer(plan_manual);
    command->callback([options] { plan(*options); });
}

}  // namespace bitx::agent
