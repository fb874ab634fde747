#include <chrono>
#include <iostream>
#include <memory>
#include <set>

#include <nlohmann/json.hpp>

#include "agent/command/command.hpp"
#include "agent/container/container_engine.hpp"
#include "agent/container/output_file.hpp"
#include "agent/error.hpp"
#include "agent/pull/pull.hpp"
#include "agent/settings.hpp"
#include "agent/signals.hpp"
#include "agent/text/table.hpp"
#include "remote/layout.hpp"

namespace bitx::agent {
namespace {

using nlohmann::json;

constexpr std::string_view suffix = ".bitx";

constexpr const char* decompress_manual = R"(
Gives back, byte for byte, the file that `git bitx compress` coded, or says what
is wrong and writes nothing. What was compressed with --base needs the same base
again; its path does not matter.

OUT is FILE without .bitx by default.)";

struct DecompressOptions {
    std::string base;
    std::string file;
    std::string out;
    bool force = false;
    bool as_json = false;
};

std::string output_of(const DecompressOptions& options) {
    if (!options.out.empty()) return options.out;
    if (options.file.size() > suffix.size() && options.file.ends_with(suffix))
        return options.file.substr(0, options.file.size() - suffix.size());
    throw UsageError("'" + options.file + "' does not end in .bitx; name the output with -o");
}

codec::Recipe only_recipe(Store& store) {
    std::vector<std::string> found;
    store.engine().list(remote::recipes_prefix,
                        [&](std::string_view key, std::uint64_t) { found.emplace_back(key); });
    const auto oid = found.size() == 1 ? remote::parse_recipe_key(found.front()) : std::nullopt;
    if (!oid) throw Error(store.describe() + " has no recipe of one file: it was cut off");
    return store.recipe(codec::Digest::from_hex(*oid));
}

// Opens a blob and all that it is built from.
void open_chain(Store& store, const codec::BlobKey& key, std::set<codec::BlobKey>& opened) {
    if (!opened.insert(key).second) return;
    const auto blob = store.open_blob(key);
    for (const codec::Member& member : blob->header.members)
        if (member.base) open_chain(store, member.base->blob, opened);
}

void check_base(Store& store, const codec::Recipe& recipe, const DecompressOptions& options) {
    std::set<codec::BlobKey> opened;
    try {
        for (const codec::Segment& segment : recipe.segments)
            if (const auto* range = std::get_if<codec::BlobRange>(&segment))
                open_chain(store, range->blob, opened);
    } catch (const AbsentError&) {
        throw Error(options.base.empty()
                        ? options.file + " was compressed against a base; give that file with --base"
                        : options.base + " is not the base that " + options.file + " was compressed against");
    }
}

std::uint64_t decompress(const DecompressOptions& options, const std::string& out, std::stop_token stop) {
    const Settings settings = Settings::from(GitConfig::read());
    File container(options.file, File::Mode::read);
    std::optional<PlainBase> base;
    Store store(std::make_unique<ContainerEngine>(
        container, ContainerEngine::Mode::read, options.file,
        options.base.empty() ? nullptr : &base.emplace(std::filesystem::path(options.base))));
    OutputFile output(out, options.force);
    try {
        const codec::Recipe recipe = only_recipe(store);
        check_base(store, recipe, options);
        Pull pull(store, settings, stop);
        codec::Sha256 hash;
        std::uint64_t position = 0;
        pull.read_in_order(recipe, [&](codec::ByteView bytes) {
            hash.update(bytes);
            output.file().write(position, bytes);
            position += bytes.size();
        });
        if (const codec::Digest digest = hash.finish(); digest != recipe.oid)
            throw Error(options.file + " decodes to bytes with the SHA-256 " + digest.hex() +
                        " that should be " + recipe.oid.hex());
        output.complete();
        return position;
    } catch (const StoredObjectError& error) {
        if (base && !base->unchanged())
            throw Error(options.base + " changed while it was read; run this again");
        throw Error(error.fault());
    }
}

}  // namespace

void add_decompress(CLI::App& app) {
    const auto options = std::make_shared<DecompressOptions>();
    CLI::App* command = app.add_subcommand("decompress", "Give back what compress coded");
    command->add_option("file", options->file, "What compress wrote")->required();
    command->add_option("--base", options->base, "The base that it was compressed against");
    command->add_option("-o,--output", options->out, "Where to (default: FILE without .bitx)");
    command->add_flag("--force", options->force, "Replace what is there");
    command->add_flag("--json", options->as_json, "Report as JSON");
    command->footer(decompress_manual);
    command->callback([options] {
        SignalWatch signals;
        const auto working = signals.work();
        const std::string out = output_of(*options);
        const auto begin = std::chrono::steady_clock::now();
        const std::uint64_t raw = decompress(*options, out, signals.stop_token());
        const double seconds =
            std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        const auto speed = seconds > 0 ? static_cast<double>(raw) / seconds : 0.0;
        const std::uint64_t stored = std::filesystem::file_size(options->file);
        if (options->as_json)
            std::cout << json{{"file", options->file}, {"out", out},         {"raw", raw},
                              {"stored", stored},      {"seconds", seconds}, {"bytes_per_second", speed}}
                             .dump(2, ' ', false, json::error_handler_t::replace)
                      << '\n';
        else
            std::cout << out << ": " << bytes_text(raw) << " from " << bytes_text(stored) << ", "
                      << bytes_text(static_cast<std::uint64_t>(speed)) << "/s\n";
    });
}

}  // namespace bitx::agent
