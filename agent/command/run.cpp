#include "agent/command/run.hpp"

#include <iostream>

#include "agent/command/command.hpp"
#include "agent/error.hpp"
#include "agent/message.hpp"
#include "agent/version.hpp"

namespace bitx::agent {

namespace {

constexpr const char* manual = R"(
git-bitx keeps model weights in Git LFS and stores of a fine-tuned model only
what its base does not already hold. It is what git-lfs calls a custom transfer
agent: after `git bitx install`, once per machine, and `git bitx init`, once per
repository, `git push` and `git clone` work as ever.

    git bitx install
    git lfs track '*.safetensors'
    git bitx init file:///srv/models --publish acme/minilm

`git bitx help <command>` describes one command.

Exit status: 0 done, 1 failed, 2 wrong usage.
)";

int fail(const std::exception& error, int status) {
    note(error.what());
    return status;
}

}  // namespace

int run(int argc, const char* const* argv) {
    CLI::App app("Stores of a fine-tuned model only what is new.", "git bitx");
    app.set_version_flag("--version", "git-bitx " + std::string(version()));
    app.require_subcommand(1);
    try {
        add_commands(app);
        app.footer(manual);  // now, or the commands would inherit it
        app.parse(argc, argv);
        std::cout.flush();
        if (!std::cout) throw Error("cannot write to standard output");
        return 0;
    } catch (const CLI::RuntimeError& error) {  // of a program that the command ran, which has said why
        return error.get_exit_code();
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
        fail(error, 2);
        std::cerr << "see 'git bitx help'" << std::endl;
        return 2;
    } catch (const UsageError& error) {
        return fail(error, 2);
    } catch (const std::exception& error) {
        return fail(error, 1);
    }
}

}  // namespace bitx::agent
