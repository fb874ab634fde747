#include "agent/git/process.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agent/error.hpp"
#include "agent/git/child.hpp"

namespace bitx::agent {

namespace {

constexpr std::size_t errors_limit = 64 << 10;

[[noreturn]] void fail(const char* what) {
    throw Error(std::string(what) + ": " + std::strerror(errno));
}

struct Pipe {
    Descriptor read;
    Descriptor write;
};

Pipe make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail("cannot make a pipe");
    return {Descriptor(ends[0]), Descriptor(ends[1])};
}

/// The input as an anonymous file: neither a deadlock nor SIGPIPE is possible, however little the child
/// reads.
Descriptor input_file(std::string_view input) {
    Descriptor file(::memfd_create("bitx-input", MFD_CLOEXEC));
    if (!file) fail("cannot make an anonymous file");
    std::string_view rest = input;
    while (!rest.empty()) {
        const ssize_t written = ::write(file.get(), rest.data(), rest.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) fail("cannot write to an anonymous file");
        rest.remove_prefix(static_cast<std::size_t>(written));
    }
    ::lseek(file.get(), 0, SEEK_SET);
    return file;
}

/// Appends what is ready on `from` to `to`, keeping at most `limit` bytes; closes `from` at its end. Returns
/// whether anything was beyond the limit.
bool drain(Descriptor& from, std::string& to, std::size_t limit) {
    std::array<char, 65536> buffer;
    const ssize_t got = ::read(from.get(), buffer.data(), buffer.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return false;
    if (got <= 0) {
        from.reset();
        return false;
    }
    const auto count = static_cast<std::size_t>(got);
    const std::size_t kept = std::min(count, limit - std::min(limit, to.size()));
    to.append(buffer.data(), kept);
    return kept < count;
}

std::string first_line(const std::string& text) {
    const std::size_t start = text.find_first_not_of("\r\n");
    if (start == std::string::npos) return {};
    return text.substr(start, text.find_first_of("\r\n", start) - start);
}

[[noreturn]] void fail_git(const std::vector<std::string>& argv, const ProcessResult& result) {
    const std::string said = first_line(result.errors);
    throw Error("git " + argv.at(1) +
                " failed: " + (said.empty() ? "exit status " + std::to_string(result.status) : said));
}

}  // namespace

ProcessResult run_process(const std::vector<std::string>& argv, const ProcessOptions& options) {
    const Descriptor input = options.input.empty() ? Descriptor() : input_file(options.input);
    Pipe output;
    Pipe errors;
    ChildSetup setup;
    setup.input = input.get();
    setup.directory = options.directory;
    setup.environment = options.environment;
    if (options.show_output) {
        setup.output = setup.errors = STDERR_FILENO;
    } else {
        output = make_pipe();
        errors = make_pipe();
        setup.output = output.write.get();
        setup.errors = errors.write.get();
    }
    const pid_t child = start_child(argv, setup);
    output.write.reset();
    errors.write.reset();

    ProcessResult result;
    bool too_much = false;
    while ((output.read || errors.read) && !too_much) {
        std::array<pollfd, 2> ends{{{output.read.get(), POLLIN, 0}, {errors.read.get(), POLLIN, 0}}};
        if (::poll(ends.data(), ends.size(), -1) < 0 && errno != EINTR) break;
        if (ends[0].revents != 0) too_much = drain(output.read, result.output, options.output_limit);
        if (ends[1].revents != 0) drain(errors.read, result.errors, errors_limit);
    }
    if (too_much) ::kill(child, SIGKILL);
    result.status = wait_for_child(child);
    if (too_much) {
        throw Error("'" + argv[0] + "' wrote more than " + std::to_string(options.output_limit) + " bytes");
    }
    return result;
}

std::string run_git(const std::vector<std::string>& arguments, const ProcessOptions& options) {
    std::vector<std::string> argv{"git"};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    ProcessResult result = run_process(argv, options);
    if (result.status != 0) fail_git(argv, result);
    return std::move(result.output);
}

std::optional<std::string> ask_git(const std::vector<std::string>& arguments, int no_status,
                                   const ProcessOptions& options) {
    std::vector<std::string> argv{"git"};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    ProcessResult result = run_process(argv, options);
    if (result.status == no_status) return std::nullopt;
    if (result.status != 0) fail_git(argv, result);
    return std::move(result.output);
}

}  // namespace bitx::agent
