#include <iostream>
#include <memory>

#include "agent/command/command.hpp"
#include "agent/git/lfs_url.hpp"

namespace bitx::agent {

namespace {

struct LfsUrlOptions {
    std::string operation = "download";
    std::string remote;
};

void print_lfs_url(const LfsUrlOptions& options) {
    Repository repository = Repository::open();
    const Operation operation = options.operation == "upload" ? Operation::upload : Operation::download;
    std::cout << store_url(repository, operation, options.remote) << '\n';
}

}  // namespace

void add_debug(CLI::App& app) {
    CLI::App* command =
        app.add_subcommand("debug", "What git-bitx sees; for its tests and for reports of faults");
    command->group("");  // not listed
    command->require_subcommand(1);

    const auto options = std::make_shared<LfsUrlOptions>();
    CLI::App* lfs_url = command->add_subcommand("lfs-url", "Print the store that git-lfs would use");
    lfs_url->add_option("--operation", options->operation, "upload or download")
        ->check(CLI::IsMember({"upload", "download"}));
    lfs_url->add_option("--remote", options->remote,
                        "A remote's name or URL; git-lfs's default where not given");
    lfs_url->callback([options] { print_lfs_url(*options); });
}

}  // namespace bitx::agent
