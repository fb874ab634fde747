#pragma once

#include <CLI/CLI.hpp>

namespace bitx::agent {

/// Each adds one command to the program: its arguments, its manual (the subcommand's footer), and a callback
/// that does the work. A callback ends by returning (status 0), by throwing UsageError (2) or any other
/// exception (1). One file a command, named after it.
void add_agent(CLI::App& app);
void add_base(CLI::App& app);
void add_compress(CLI::App& app);
void add_debug(CLI::App& app);
void add_decompress(CLI::App& app);
void add_doctor(CLI::App& app);
void add_help(CLI::App& app);
void add_init(CLI::App& app);
void add_inspect(CLI::App& app);
void add_install(CLI::App& app);
void add_plan(CLI::App& app);
void add_pre_push(CLI::App& app);
void add_publish(CLI::App& app);
void add_stats(CLI::App& app);
void add_uninstall(CLI::App& app);
void add_verify(CLI::App& app);

/// All of them, in the order of `git bitx help`.
void add_commands(CLI::App& app);

}  // namespace bitx::agent
