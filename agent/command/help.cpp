#include <iostream>
#include <memory>

#include "agent/command/command.hpp"
#include "agent/error.hpp"

namespace bitx::agent {

namespace {

/// App::help would print the manual of the command that is running.
std::string manual_of(const CLI::App& app, const CLI::App* command = nullptr) {
    const std::string name = command == nullptr ? app.get_name() : app.get_name() + " " + command->get_name();
    return app.get_formatter()->make_help(command == nullptr ? &app : command, name,
                                          CLI::AppFormatMode::Normal);
}

std::string whole_manual(const CLI::App& app) {
    std::string text = manual_of(app);
    for (const CLI::App* command :
         app.get_subcommands([](const CLI::App* c) { return !c->get_group().empty(); })) {
        text += "\n\n" + std::string(78, '-') + "\n" + manual_of(app, command);
    }
    return text;
}

/// The text as a manual page: as it is, without filling, so that `git bitx --help` finds one.
std::string as_manual_page(const std::string& text) {
    std::string page =
        ".TH GIT-BITX 1\n.SH NAME\ngit-bitx \\- store of a fine-tuned model only what is new\n.nf\n";
    bool at_start = true;
    for (const char c : text) {
        if (at_start && (c == '.' || c == '\'')) page += "\\&";
        if (c == '\\' || c == '-') page += '\\';
        page += c == '\\' ? 'e' : c;
        at_start = c == '\n';
    }
    return page + ".fi\n";
}

struct HelpOptions {
    std::string command;
    bool all = false;
    bool manual_page = false;
};

void help(const CLI::App& app, const HelpOptions& options) {
    if (options.manual_page) {
        std::cout << as_manual_page(whole_manual(app));
    } else if (options.all) {
        std::cout << whole_manual(app);
    } else if (options.command.empty()) {
        std::cout << manual_of(app);
    } else {
        const auto found =
            app.get_subcommands([&](const CLI::App* c) { return c->check_name(options.command); });
        if (found.empty()) {
            throw UsageError("there is no command '" + options.command + "': see 'git bitx help'");
        }
        std::cout << manual_of(app, found.front());
    }
}

}  // namespace

void add_help(CLI::App& app) {
    const auto options = std::make_shared<HelpOptions>();
    CLI::App* command = app.add_subcommand("help", "Print the manual, of one command or of all");
    command->add_option("command", options->command, "Whose manual to print");
    command->add_flag("--all", options->all, "The manual of every command");
    command->add_flag("--man", options->manual_page, "The same as a manual page (roff)");
    command->callback([&app, options] { help(app, *options); });
}

}  // namespace bitx::agent
