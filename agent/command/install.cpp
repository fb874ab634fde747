#include <iostream>
#include <memory>

#include "agent/command/command.hpp"
#include "agent/error.hpp"
#include "agent/git/process.hpp"
#include "agent/local/local_folders.hpp"
#include "agent/message.hpp"
#include "agent/setup/registration.hpp"

namespace bitx::agent {

namespace {

constexpr const char* install_manual = R"(
Tells git-lfs, in git config, to hand the objects of every repository whose
lfs.url begins with "bitx::" to this program. Other repositories are untouched.
Once per machine is enough; running it again changes nothing, or follows the
program to where it is now.

git-lfs itself must be set up too: `git lfs install`.

A clone made before this ended with "missing protocol"; `git lfs pull` in it
fetches what is missing.)";

constexpr const char* uninstall_manual = R"(
Takes back what `git bitx install` wrote. Repositories and stores stay as they
are; pushing and cloning those with a bitx:: URL fails until git-bitx is
installed again.)";

enum class Scope { system, global, local };

std::string option_of(Scope scope) {
    if (scope == Scope::system) return "--system";
    return scope == Scope::local ? "--local" : "--global";
}

std::string words_of(Scope scope) {
    if (scope == Scope::system) return "all users of this machine";
    return scope == Scope::local ? "this repository" : "this user";
}

std::shared_ptr<Scope> add_scope(CLI::App* command) {
    const auto scope = std::make_shared<Scope>(Scope::global);
    CLI::Option* system = command->add_flag_callback(
        "--system", [scope] { *scope = Scope::system; }, "For all users of this machine");
    CLI::Option* global = command->add_flag_callback(
        "--global", [scope] { *scope = Scope::global; }, "For this user (the default)");
    CLI::Option* local = command->add_flag_callback(
        "--local", [scope] { *scope = Scope::local; }, "For this repository alone");
    system->excludes(global)->excludes(local);
    global->excludes(local);
    return scope;
}

// Named, not added: what a program reads of a home is the user's to say.
void offer_hugging_face_cache() {
    const auto cache = hugging_face_cache();
    if (!cache) return;
    for (const std::string& known : GitConfig::read().get_all("bitx.local"))
        if (std::filesystem::path(known) == *cache) return;
    std::cout
        << "To take from the Hugging Face cache what a clone would download:\n    git config --global --add "
           "bitx.local "
        << cache->string() << '\n';
}

void install(Scope scope, const std::string& argv0) {
    const std::filesystem::path program = own_path(argv0);
    for (const auto& [key, value] : registration(program)) {
        run_git({"config", option_of(scope), "--replace-all", key, value});
    }
    std::cout << "git-lfs will use " << program.string() << " for bitx:: URLs, for " << words_of(scope)
              << ".\n";
    std::cout.flush();
    if (run_process({"git", "lfs", "version"}).status != 0) {
        warn("git-lfs is not installed here; git-bitx works through it");
    } else if (const auto fault = registration_fault(GitConfig::read())) {
        warn(*fault);
    }
    offer_hugging_face_cache();
}

void uninstall(Scope scope) {
    constexpr int absent = 5;
    bool had_any = false;
    for (const auto& [key, value] : registration({})) {
        const auto removed = ask_git({"config", option_of(scope), "--unset-all", key}, absent);
        had_any = had_any || removed.has_value();
    }
    std::cout << (had_any ? "git-lfs no longer knows git-bitx, for " : "git-bitx was not installed for ")
              << words_of(scope) << ".\n";
}

}  // namespace

void add_install(CLI::App& app) {
    CLI::App* command = app.add_subcommand("install", "Register with git-lfs, once per machine");
    command->footer(install_manual);
    const auto scope = add_scope(command);
    command->callback([scope] { install(*scope, program_invocation_name); });
}

void add_uninstall(CLI::App& app) {
    CLI::App* command = app.add_subcommand("uninstall", "Take the registration back");
    command->footer(uninstall_manual);
    const auto scope = add_scope(command);
    command->callback([scope] { uninstall(*scope); });
}

}  // namespace bitx::agent
