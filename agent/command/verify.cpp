#include <iostream>
#include <memory>

#include <nlohmann/json.hpp>

#include "agent/command/command.hpp"
#include "agent/error.hpp"
#include "agent/pull/pull.hpp"
#include "agent/session.hpp"
#include "agent/signals.hpp"

namespace bitx::agent {
namespace {

using nlohmann::json;

constexpr const char* verify_manual = R"(
Decodes every LFS object of a commit (HEAD by default) from the store alone, and
compares its SHA-256 with its name. Nothing is written.

Run it before you delete local weights: `git lfs prune --verify-remote` asks
nobody. Exit status 1 where an object is missing or damaged; what is wrong is
named. A damaged object is stored again by pushing it from a repository that has
it: `git lfs push --object-id <remote> <oid>`.)";

struct VerifyOptions {
    std::string revision = "HEAD";
    bool as_json = false;
};

// What is wrong with an object; nothing where it is sound.
std::optional<std::string> fault_of(Store& store, Pull& pull, const LfsFile& file) {
    try {
        const codec::Digest oid = codec::Digest::from_hex(file.oid);
        codec::Sha256 hash;
        pull.read_in_order(store.recipe(oid), [&](codec::ByteView bytes) { hash.update(bytes); });
        const codec::Digest found = hash.finish();
        if (found == oid) return std::nullopt;
        return "it decodes to bytes with the SHA-256 " + found.hex();
    } catch (const StoredObjectError& error) {
        return error.what();
    }
}

void verify(const VerifyOptions& options) {
    SignalWatch signals;
    Session session(Operation::download);
    const std::optional<std::string> commit = session.repository.resolve(options.revision);
    if (!commit) throw UsageError("there is no commit '" + options.revision + "'");
    Pull pull(*session.store, session.settings, signals.stop_token());
    std::size_t sound = 0;
    std::size_t faulty = 0;
    json all = json::array();
    for (const LfsFile& file : session.repository.lfs_files(*commit)) {
        const std::optional<std::string> fault = fault_of(*session.store, pull, file);
        ++(fault ? faulty : sound);
        if (options.as_json)
            all.push_back(
                {{"path", file.path}, {"oid", file.oid}, {"sound", !fault}, {"fault", fault.value_or("")}});
        else
            std::cout << (fault ? "FAULT  " : "ok     ") << file.path << (fault ? ": " + *fault : "")
                      << std::endl;
    }
    if (options.as_json)
        std::cout << all.dump(2, ' ', false, json::error_handler_t::replace) << '\n';
    else
        std::cout << sound << " sound, " << faulty << " missing or damaged, in " << session.store->describe()
                  << '\n';
    if (faulty > 0)
        throw Error(std::to_string(faulty) + " LFS objects cannot be rebuilt from " +
                    session.store->describe());
}

}  // namespace

void add_verify(CLI::App& app) {
    const auto options = std::make_shared<VerifyOptions>();
    CLI::App* command = app.add_subcommand("verify", "Decode every LFS object of a commit from the store");
    command->add_option("ref", options->revision, "A commit, branch or tag")->capture_default_str();
    command->add_flag("--json", options->as_json, "Print JSON");
    command->footer(verify_manual);
    command->callback([options] { verify(*options); });
}

}  // namespace bitx::agent
