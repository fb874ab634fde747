#include <filesystem>
#include <iostream>
#include <memory>

#include <nlohmann/json.hpp>

#include "agent/command/command.hpp"
#include "agent/dot_bitx.hpp"
#include "agent/error.hpp"
#include "agent/message.hpp"
#include "agent/model/declare_base.hpp"
#include "agent/model/local_model.hpp"
#include "agent/session.hpp"
#include "agent/text/table.hpp"

namespace bitx::agent {

namespace {

constexpr const char* manual = R"(
The base is the model that this repository's weights were fine-tuned from. What
is pushed is stored as its difference from the base, tensor by tensor, where
that is smaller. It is declared in the committed file .bitx, as a name and the
hash of one published revision: what others publish later changes nothing here.

    git bitx base set acme/minilm                  the newest revision
    git bitx base set acme/minilm@4f2a99           an earlier one
    git bitx base set acme/minilm --from FOLDER    weights that lie on this
                                                   machine: they are stored and
                                                   published under that name
    git bitx base show
    git bitx base clear

Commit .bitx afterwards. What was pushed before stays as it is.)";

struct SetOptions {
    std::string model;
    std::string from;
    bool force = false;
};

void print_next() {
    std::cout << "Commit .bitx, so that whoever pushes uses the same base.\n";
}

DeclaredBase bring_in(Session& session, const SetOptions& options) {
    const ModelName model = parse_model_name(options.model, "the base");
    if (!std::filesystem::exists(options.from)) throw Error("there is no '" + options.from + "'");
    if (!options.force && session.store->find_latest(model.text())) {
        throw Error(
            "'" + model.text() + "' is published in " + session.store->describe() +
            " already: declare it without --from, choose another name, or publish over it with --force");
    }
    const Publication done = publish_local_model(session, model, options.from);
    std::cout << "stored " << options.from << " as " << model.text() << ": " << done.files
              << (done.files == 1 ? " file, " : " files, ") << bytes_text(done.size) << '\n';
    return {model, done.revision.hex()};
}

void set(const SetOptions& options) {
    Session session(Operation::upload);
    const DeclaredBase base =
        options.from.empty() ? resolve_base(*session.store, options.model) : bring_in(session, options);
    write_base(session.repository, base);
    std::cout << "base: " << base.model.text() << '@' << base.revision << '\n';
    print_next();
}

/// What the store says about a declared base; nothing where it does not have it, or cannot be asked.
std::optional<codec::Manifest> find_manifest(const DeclaredBase& base) {
    try {
        const Session session(Operation::download);
        return session.store->manifest(base.model.text(), codec::Digest::from_hex(base.revision));
    } catch (const std::exception& error) {
        warn(error.what());
        return std::nullopt;
    }
}

void show(bool json) {
    Repository repository = Repository::open();
    const DotBitx declared = DotBitx::read(repository, [](const std::string& message) { warn(message); });
    if (!declared.base) {
        std::cout << (json ? "null\n" : "no base is declared\n");
        return;
    }
    const std::optional<codec::Manifest> manifest = find_manifest(*declared.base);
    std::uint64_t size = 0;
    for (const auto& file : manifest ? manifest->files : std::vector<codec::ManifestFile>())
        size += file.size;
    if (json) {
        nlohmann::json report{{"model", declared.base->model.text()},
                              {"revision", declared.base->revision},
                              {"in_store", manifest.has_value()}};
        if (manifest) {
            report["commit"] = manifest->commit;
            report["files"] = manifest->files.size();
            report["size"] = size;
        }
        std::cout << report.dump(2) << '\n';
        return;
    }
    std::cout << declared.base->model.text() << '@' << declared.base->revision << '\n';
    if (manifest) {
        std::cout << manifest->files.size() << (manifest->files.size() == 1 ? " file, " : " files, ")
                  << bytes_text(size) << (manifest->commit.empty() ? "" : ", commit " + manifest->commit)
                  << '\n';
    }
}

void clear() {
    Repository repository = Repository::open();
    write_base(repository, std::nullopt);
    std::cout << "no base is declared any more\n";
    print_next();
}

}  // namespace

void add_base(CLI::App& app) {
    CLI::App* command = app.add_subcommand("base", "Show, set or clear the declared base");
    command->require_subcommand(1);

    const auto json = std::make_shared<bool>(false);
    CLI::App* show_command = command->add_subcommand("show", "Print the declared base");
    show_command->add_flag("--json", *json, "Report as JSON");
    show_command->callback([json] { show(*json); });

    const auto options = std::make_shared<SetOptions>();
    CLI::App* set_command = command->add_subcommand("set", "Declare a base, pinned to one revision");
    set_command->add_option("model", options->model, "org/name, or org/name@revision")->required();
    set_command->add_option("--from", options->from, "A file or folder of weights to store under that name");
    set_command->add_flag("--force", options->force, "With --from: publish over a name that is taken");
    set_command->callback([options] { set(*options); });

    command->add_subcommand("clear", "Declare none")->callback([] { clear(); });
    command->footer(manual);
}

}  // namespace bitx::agent
