#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bitx::agent {

/// How a child runs, beside its arguments.
struct ProcessOptions {
    std::string_view input = {};           ///< its standard input, whole; empty where there is none
    std::filesystem::path directory = {};  ///< its working directory; ours where empty
    std::vector<std::pair<std::string, std::string>> environment = {};  ///< set on top of ours
    bool show_output = false;  ///< stdout and stderr go to our stderr, none is collected
    std::size_t output_limit = std::size_t{64}
                               << 20;  ///< bytes of stdout; a child that writes more is an error
};

struct ProcessResult {
    int status = 0;      ///< exit status; 128 + the signal's number where a signal ended it
    std::string output;  ///< stdout
    std::string errors;  ///< stderr, the first 64 KiB
};

/// Runs a program to its end: argv[0] is looked up in PATH, no shell takes part, the child gets no descriptor
/// but 0, 1 and 2, and default signal handling. Throws Error where it cannot be started or writes more than
/// output_limit; a status other than 0 is the caller's to judge. May be called from several threads.
ProcessResult run_process(const std::vector<std::string>& argv, const ProcessOptions& options = {});

/// Runs `git <arguments>` and returns its stdout. Throws Error with git's own words where it fails.
std::string run_git(const std::vector<std::string>& arguments, const ProcessOptions& options = {});

/// The same, for a question whose answer may be "no": nothing where git exits with `no_status`.
std::optional<std::string> ask_git(const std::vector<std::string>& arguments, int no_status,
                                   const ProcessOptions& options = {});

}  // namespace bitx::agent
