#include "agent/git/child.hpp"

#include <cerrno>
#include <cstring>
#include <memory>
#include <string_view>

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/error.hpp"

namespace bitx::agent {

void Descriptor::reset() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
}

namespace {

struct FileActions {
    posix_spawn_file_actions_t actions;
    FileActions() { posix_spawn_file_actions_init(&actions); }
    FileActions(const FileActions&) = delete;
    FileActions& operator=(const FileActions&) = delete;
    ~FileActions() { posix_spawn_file_actions_destroy(&actions); }

    void give(int ours, int theirs, int null_flags) {
        if (ours < 0) {
            posix_spawn_file_actions_addopen(&actions, theirs, "/dev/null", null_flags, 0);
        } else {
            posix_spawn_file_actions_adddup2(&actions, ours, theirs);
        }
    }
};

struct Attributes {
    posix_spawnattr_t attributes;
    Attributes() { posix_spawnattr_init(&attributes); }
    Attributes(const Attributes&) = delete;
    Attributes& operator=(const Attributes&) = delete;
    ~Attributes() { posix_spawnattr_destroy(&attributes); }

    void reset_signals() {
        sigset_t none;
        sigemptyset(&none);
        sigset_t defaults;
        sigemptyset(&defaults);
        for (const int signal : {SIGPIPE, SIGINT, SIGTERM, SIGHUP}) sigaddset(&defaults, signal);
        posix_spawnattr_setsigmask(&attributes, &none);
        posix_spawnattr_setsigdefault(&attributes, &defaults);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    }
};

std::vector<std::string> merged_environment(const std::vector<std::pair<std::string, std::string>>& added) {
    std::vector<std::string> merged;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text = *entry;
        const auto is_replaced = [&](const auto& pair) {
            return text.size() > pair.first.size() && text.starts_with(pair.first) &&
                   text[pair.first.size()] == '=';
        };
        bool replaced = false;
        for (const auto& pair : added) replaced = replaced || is_replaced(pair);
        if (!replaced) merged.emplace_back(text);
    }
    for (const auto& [name, value] : added) merged.push_back(std::string(name).append("=").append(value));
    return merged;
}

std::vector<char*> as_argument_list(std::vector<std::string>& strings) {
    std::vector<char*> list;
    list.reserve(strings.size() + 1);
    for (std::string& string : strings) list.push_back(string.data());
    list.push_back(nullptr);
    return list;
}

}  // namespace

pid_t start_child(const std::vector<std::string>& argv, const ChildSetup& setup) {
    FileActions files;
    files.give(setup.input, 0, O_RDONLY);
    files.give(setup.output, 1, O_WRONLY);
    files.give(setup.errors, 2, O_WRONLY);
    posix_spawn_file_actions_addclosefrom_np(&files.actions, 3);
    if (!setup.directory.empty()) {
        posix_spawn_file_actions_addchdir_np(&files.actions, setup.directory.c_str());
    }
    Attributes attributes;
    attributes.reset_signals();

    std::vector<std::string> arguments = argv;
    std::vector<std::string> environment = merged_environment(setup.environment);
    pid_t child = 0;
    const int error = posix_spawnp(&child, argv.at(0).c_str(), &files.actions, &attributes.attributes,
                                   as_argument_list(arguments).data(), as_argument_list(environment).data());
    if (error != 0) {
        throw Error("cannot start '" + argv[0] + "': " + std::strerror(error));
    }
    return child;
}

int wait_for_child(pid_t child) {
    int status = 0;
    while (::waitpid(child, &status, 0) < 0) {
        if (errno != EINTR)
            throw Error(std::string("cannot wait for a child process: ") + std::strerror(errno));
    }
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace bitx::agent
