#include "agent/setup/pre_push.hpp"

#include <iostream>
#include <memory>

#include "agent/command/command.hpp"
#include "agent/error.hpp"
#include "agent/git/lfs_url.hpp"
#include "agent/git/process.hpp"
#include "agent/message.hpp"
#include "agent/model/publish.hpp"
#include "agent/session.hpp"

namespace bitx::agent {

namespace {

constexpr const char* manual = R"(
What git's pre-push hook runs, by the line that `git bitx init` adds to it:

1. refuses a reference of which no clone could find the LFS files, because its
   .lfsconfig does not name the store in use
   (`git -c bitx.requireUrl=false push` pushes it all the same);
2. runs `git lfs pre-push`, which uploads;
3. where bitx.publish names a model, publishes what was pushed to the default
   branch and as tags. When that fails it warns, and the push goes on.

Where git-lfs uses no bitx:: URL for the remote, only the second is done.
Nothing that is stored depends on this hook. For hooks that are kept by hand there
is one in share/git-bitx/hooks/pre-push.)";

struct PrePushOptions {
    std::string remote;
    std::string url;
};

void publish_pushed(const std::vector<PushedRef>& refs, const std::string& remote) {
    Session session(Operation::upload, remote);
    const ModelName& model = *session.settings.publish;
    for (const std::string& commit : commits_to_publish(session.repository, refs, remote)) {
        if (session.repository.lfs_files(commit).empty()) continue;
        const Succession order = succession(session.repository, *session.store, model, commit);
        if (order == Succession::same || order == Succession::backward) continue;  // an old tag is no news
        if (const std::string why = objection(order, *session.store, model, commit); !why.empty()) {
            throw Error(why);
        }
        const Publication done = publish_commit(session.repository, *session.store, model, commit);
        note("published " + model.text() + '@' + done.revision.hex().substr(0, 12));
    }
}

/// git-lfs's own hook, with the input that git gave ours.
int upload(const PrePushOptions& options, const std::string& input) {
    ProcessOptions process;
    process.input = input;
    process.show_output = true;
    return run_process({"git", "lfs", "pre-push", options.remote, options.url}, process).status;
}

void pre_push(const PrePushOptions& options) {
    const std::string input((std::istreambuf_iterator<char>(std::cin)), {});
    const std::vector<PushedRef> refs = parse_pushed_refs(input);
    Repository repository = Repository::open();
    const bool is_ours =
        bitx_store_of(lfs_url(lfs_config(repository), Operation::upload, options.remote)).has_value();
    if (is_ours && repository.config().get_bool("bitx.requireUrl").value_or(true)) {
        check_lfsconfig(repository, refs, options.remote);
    }
    if (const int status = upload(options, input); status != 0) throw CLI::RuntimeError(status);
    if (!is_ours) return;
    try {
        if (Settings::from(repository.config()).publish) publish_pushed(refs, options.remote);
    } catch (const std::exception& error) {
        warn(std::string("not published: ") + error.what() + "; 'git bitx publish' does it later");
    }
}

}  // namespace

void add_pre_push(CLI::App& app) {
    const auto options = std::make_shared<PrePushOptions>();
    CLI::App* command = app.add_subcommand("pre-push", "What the pre-push hook runs");
    command->footer(manual);
    command->add_option("remote", options->remote, "The remote's name, or its URL")->required();
    command->add_option("url", options->url, "The remote's URL")->required();
    command->callback([options] { pre_push(*options); });
}

}  // namespace bitx::agent
