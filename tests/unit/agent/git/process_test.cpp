#include "agent/git/process.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include "agent/error.hpp"
#include "tests/unit/agent/scratch.hpp"

using namespace bitx::agent;

TEST_CASE("a child's output, errors and status are kept apart") {
    const ProcessResult result = run_process({"sh", "-c", "echo out; echo err >&2; exit 3"});
    CHECK(result.output == "out\n");
    CHECK(result.errors == "err\n");
    CHECK(result.status == 3);
}

TEST_CASE("arguments reach the child as they are: no shell takes part") {
    CHECK(run_process({"printf", "%s|", "a b", "$HOME", "`x`", ""}).output == "a b|$HOME|`x`||");
}

TEST_CASE("standard input is given whole, and is empty where none is given") {
    const std::string input(1 << 20, 'x');
    ProcessOptions options;
    options.input = input;
    CHECK(run_process({"cat"}, options).output == input);
    CHECK(run_process({"cat"}).output.empty());
}

TEST_CASE("a child that reads none of its input does not end us by SIGPIPE") {
    const std::string input(1 << 20, 'x');
    ProcessOptions options;
    options.input = input;
    CHECK(run_process({"true"}, options).status == 0);
}

TEST_CASE("working directory and environment are the child's own") {
    const ScratchFolder folder;
    ProcessOptions options;
    options.directory = folder.path();
    options.environment = {{"BITX_TEST", "one"}, {"HOME", "/nowhere"}};
    CHECK(run_process({"sh", "-c", "pwd; echo $BITX_TEST $HOME"}, options).output ==
          folder.path().string() + "\none /nowhere\n");
}

TEST_CASE("no descriptor of ours leaks into a child") {
    const int leak = ::open("/dev/null", O_RDONLY);  // without O_CLOEXEC
    REQUIRE(leak > 2);
    CHECK(run_process({"ls", "/proc/self/fd"}).output == "0\n1\n2\n3\n");  // 3: the folder that ls reads
    ::close(leak);
}

TEST_CASE("a signal that ends a child is its status") {
    CHECK(run_process({"sh", "-c", "kill -TERM $$"}).status == 128 + 15);
}

TEST_CASE("a program that is not there is an error") {
    CHECK_THROWS_WITH_AS(run_process({"bitx-no-such-program"}),
                         "cannot start 'bitx-no-such-program': No such file or directory", Error);
}

TEST_CASE("a child that writes without end is stopped at the limit") {
    ProcessOptions options;
    options.output_limit = 1000;
    CHECK_THROWS_AS(run_process({"yes"}, options), Error);
}

TEST_CASE("git's own words are in the error") {
    CHECK_THROWS_WITH_AS(run_git({"no-such-command"}),
                         doctest::Contains("'no-such-command' is not a git command"), Error);
    CHECK(ask_git({"config", "--file", "/dev/null", "a.b"}, 1) == std::nullopt);
}
