#include <filesystem>
#include <iostream>
#include <memory>

#include "agent/command/command.hpp"
#include "agent/dot_bitx.hpp"
#include "agent/error.hpp"
#include "agent/git/lfs_url.hpp"
#include "agent/git/process.hpp"
#include "agent/message.hpp"
#include "agent/model/declare_base.hpp"
#include "agent/session.hpp"
#include "agent/setup/arrival.hpp"
#include "agent/setup/hook.hpp"
#include "agent/setup/registration.hpp"
#include "remote/identity.hpp"
#include "remote/url.hpp"

namespace bitx::agent {

namespace {

constexpr const char* manual = R"(
Sets up this repository, and creates the store where it is not there yet:

  .lfsconfig     lfs.url = bitx::<store>, to be committed: a clone needs nothing
                 else but git-bitx installed
  .bitx          the base, with --base, to be committed (git bitx help base)
  git config     bitx.publish, with --publish, of this repository alone
  pre-push hook  one line more in git-lfs's own (git bitx help pre-push); a hook
                 that is not git-lfs's, or lies outside of the repository, is
                 left alone, and the line to add is printed. `git lfs install`
                 run in this repository afterwards says that the hook exists;
                 it is right, and needs nothing.

A store is a URL:

  file:///srv/models        a folder, on a disk or a network file system
  s3://bucket/prefix        S3, with the credentials of AWS's tools or of git;
                            for another service than AWS first, once per machine:
                            git config --global bitx.s3://bucket.endpoint <URL>
  https://host/path         WebDAV, with the password that git knows; a server
                            that only serves files is a mirror to clone from

`git bitx doctor <store>` says what is wrong where one cannot be reached.
Running this again changes what is named, and nothing else.

A repository that has LFS objects elsewhere keeps them there, unless --import
brings all of its history over: `git lfs fetch --all` from where they are, then
`git lfs push --all` to the store.)";

struct InitOptions {
    std::string store;
    std::string base;
    std::string publish;
    bool import = false;
};

/// The store's URL as it is to be committed.
std::string checked_url(std::string text) {
    if (auto inner = bitx_store_of(text)) text = *inner;
    if (text.starts_with('/')) text = "file://" + remote::percent_encode(text);
    const remote::StoreUrl url = remote::parse_store_url(text);
    if (!url.user.empty() || !url.password.empty()) {
        throw Error(
            "'" + url.redacted() +
            "' was given with a user or password, which everyone who clones would read: leave them out");
    }
    return text;
}

void install_line(const Repository& repository) {
    const HookOutcome hook = install_hook(repository);
    if (hook.state == HookState::installed) {
        std::cout << "pre-push hook: " << hook.file.string() << '\n';
        return;
    }
    const char* why = hook.state == HookState::foreign ? "is not the one that git-lfs writes"
                                                       : "is outside of this repository";
    warn("the pre-push hook '" + hook.file.string() + "' " + why +
         " and was left alone; add this line to it, before 'git lfs pre-push' and as its second line at "
         "best:");
    std::cerr << "    " << hook_line << '\n';
}

/// Warns of settings of this machine's that outweigh what was written.
void check_effect(const std::string& written) {
    Repository repository = Repository::open();
    const GitConfig config = lfs_config(repository);
    std::vector<ConfigEntry> entries = config.entries();
    entries.push_back({"lfs.url", written, ConfigScope::other});
    entries.push_back({"lfs.pushurl", written, ConfigScope::other});
    const GitConfig wanted(std::move(entries));
    for (const Operation operation : {Operation::download, Operation::upload}) {
        const std::string remote = default_remote(repository, config, operation);
        const std::string used = lfs_url(config, operation, remote);
        if (used == lfs_url(wanted, operation, remote)) continue;
        warn("git-lfs still uses '" + without_credentials(used) +
             "' here: see 'git config --show-origin --get-regexp ^lfs'");
        return;
    }
    if (const auto fault = registration_fault(config)) warn(*fault);
}

void init(const InitOptions& options) {
    Repository repository = Repository::open();
    if (!repository.worktree())
        throw Error("run this in a worktree: .lfsconfig is committed with your files");
    const std::string url = checked_url(options.store);
    const std::string lfs_url_to_write = std::string(bitx_url_prefix) + url;
    if (!options.publish.empty()) parse_model_name(options.publish, "--publish");
    if (options.import) {
        if (const auto fault = registration_fault(repository.config())) throw Error(*fault);
    }

    std::unique_ptr<remote::Engine> engine = open_engine(url, repository);
    const bool is_new = !remote::find_store(*engine);
    remote::create_store(*engine);
    std::cout << "store: " << engine->describe() << (is_new ? " (created)" : "") << '\n';
    const std::size_t missing = count_missing_objects(repository, *engine);

    if (!options.base.empty()) {
        Store store(std::move(engine));
        const DeclaredBase base = resolve_base(store, options.base);
        write_base(repository, base);
        std::cout << ".bitx: base " << base.model.text() << '@' << base.revision << '\n';
    }
    if (options.import) import_objects(repository, lfs_url_to_write);
    write_lfsconfig(repository, lfs_url_to_write);
    std::cout << ".lfsconfig: lfs.url " << lfs_url_to_write << '\n';
    if (!options.publish.empty()) {
        run_git({"config", "--local", "--replace-all", "bitx.publish", options.publish});
        std::cout << "git config: bitx.publish " << options.publish << '\n';
    }
    install_line(repository);
    check_effect(lfs_url_to_write);
    if (missing > 0 && !options.import) {
        warn(std::to_string(missing) + (missing == 1 ? " LFS object" : " LFS objects") +
             " of this repository's history are not in this store, where git-lfs now looks for them: "
             "'git bitx init " +
             url + " --import' brings them over");
    }
    std::cout << "Commit .lfsconfig" << (options.base.empty() ? "" : " and .bitx") << ", then push.\n";
}

}  // namespace

void add_init(CLI::App& app) {
    const auto options = std::make_shared<InitOptions>();
    CLI::App* command = app.add_subcommand("init", "Set up this repository, and its store");
    command->footer(manual);
    command
        ->add_option("store", options->store,
                     "The store's URL: file:///folder, s3://bucket/prefix, https://host/path")
        ->required();
    command->add_option("--base", options->base, "Declare a base: org/name, or org/name@revision");
    command->add_option("--publish", options->publish, "Publish what is pushed under this name, org/name");
    command->add_flag("--import", options->import, "Bring all LFS objects of the history over");
    command->callback([options] { init(*options); });
}

}  // namespace bitx::agent
