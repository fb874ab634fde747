#include "agent/model/publish.hpp"

#include <iostream>
#include <memory>

#include <nlohmann/json.hpp>

#include "agent/command/command.hpp"
#include "agent/error.hpp"
#include "agent/session.hpp"
#include "agent/text/table.hpp"

namespace bitx::agent {

namespace {

constexpr const char* manual = R"(
Lets others build on a pushed revision: writes the list of its LFS files into
the store, under a name that `git bitx base set` and `git bitx init --base`
take. A revision is named by the hash of that list and never changes; the name
then stands for the newest one.

A name follows one history: what was published last must be an ancestor of REF.
--force publishes over it all the same.

With bitx.publish in this repository's config (`git bitx init --publish`) a push
of the default branch or of a tag does this by itself.)";

struct PublishOptions {
    std::string revision = "HEAD";
    std::string name;
    bool force = false;
    bool json = false;
};

void publish(const PublishOptions& options) {
    Session session(Operation::upload);
    if (options.name.empty() && !session.settings.publish) {
        throw UsageError(
            "say under which name to publish: --name org/name, or git config bitx.publish org/name");
    }
    const ModelName model =
        options.name.empty() ? *session.settings.publish : parse_model_name(options.name, "--name");
    const auto commit = session.repository.resolve(options.revision);
    if (!commit) throw Error("'" + options.revision + "' names no commit");
    if (!options.force) {
        const std::string why = objection(succession(session.repository, *session.store, model, *commit),
                                          *session.store, model, *commit);
        if (!why.empty()) throw Error(why);
    }
    const Publication done = publish_commit(session.repository, *session.store, model, *commit);
    if (options.json) {
        std::cout << nlohmann::json{{"model", model.text()},
                                    {"revision", done.revision.hex()},
                                    {"commit", *commit},
                                    {"files", done.files},
                                    {"size", done.size}}
                         .dump(2)
                  << '\n';
        return;
    }
    std::cout << "published " << model.text() << '@' << done.revision.hex() << ": " << done.files
              << (done.files == 1 ? " file, " : " files, ") << bytes_text(done.size) << '\n';
}

}  // namespace

void add_publish(CLI::App& app) {
    const auto options = std::make_shared<PublishOptions>();
    CLI::App* command = app.add_subcommand("publish", "Let others build on a pushed revision");
    command->footer(manual);
    command->add_option("ref", options->revision, "What to publish; HEAD where not given");
    command->add_option("--name", options->name, "Under which name, org/name; bitx.publish where not given");
    command->add_flag("--force", options->force, "Publish over a name of another history");
    command->add_flag("--json", options->json, "Report as JSON");
    command->callback([options] { publish(*options); });
}

}  // namespace bitx::agent
