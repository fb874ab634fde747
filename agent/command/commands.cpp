#include "agent/command/command.hpp"

namespace bitx::agent {

void add_commands(CLI::App& app) {
    add_install(app);
    add_uninstall(app);
    add_init(app);
    add_base(app);
    add_publish(app);
    add_plan(app);
    add_stats(app);
    add_verify(app);
    add_inspect(app);
    add_compress(app);
    add_decompress(app);
    add_doctor(app);
    add_help(app);
    add_agent(app);
    add_pre_push(app);
    add_debug(app);
}

}  // namespace bitx::agent
