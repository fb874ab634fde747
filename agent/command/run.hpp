#pragma once

namespace bitx::agent {

/// The program: parses the command line, runs the command, prints what went wrong to stderr as one line.
/// Returns the exit status: 0 done, 1 failed, 2 wrong usage.
int run(int argc, const char* const* argv);

}  // namespace bitx::agent
