#include "agent/model/local_model.hpp"

#include <doctest/doctest.h>

#include "agent/error.hpp"
#include "tests/unit/agent/scratch.hpp"

using namespace bitx::agent;
namespace fs = std::filesystem;

namespace {
std::vector<std::string> names(const fs::path& path) {
    std::vector<std::string> found;
    for (const LocalFile& file : local_model_files(path)) found.push_back(file.name);
    return found;
}
using Names = std::vector<std::string>;
}  // namespace

TEST_CASE("of a folder its safetensors files count, by their paths in it") {
    const ScratchFolder folder;
    write_file(folder / "b.safetensors", "x");
    write_file(folder / "sub/a.safetensors", "x");
    write_file(folder / "config.json", "{}");
    write_file(folder / ".cache/c.safetensors", "x");
    write_file(folder / "empty.safetensors", "");
    CHECK(names(folder.path()) == Names{"b.safetensors", "sub/a.safetensors"});
}

TEST_CASE("of a folder without any, all files do") {
    const ScratchFolder folder;
    write_file(folder / "model.bin", "x");
    write_file(folder / "config.json", "{}");
    CHECK(names(folder.path()) == Names{"config.json", "model.bin"});
}

TEST_CASE("a symbolic link to a file is followed: a model cache holds its files behind them") {
    const ScratchFolder folder;
    write_file(folder / "blobs/1234", "x");
    fs::create_directories(folder / "snapshot");
    fs::create_symlink("../blobs/1234", folder / "snapshot/model.safetensors");
    CHECK(names(folder / "snapshot") == Names{"model.safetensors"});
    CHECK(names(folder / "snapshot/model.safetensors") == Names{"model.safetensors"});
}

TEST_CASE("nothing to store is an error") {
    const ScratchFolder folder;
    CHECK_THROWS_AS(names(folder.path()), Error);
    CHECK_THROWS_AS(names(folder / "absent"), Error);
    write_file(folder / "empty", "");
    CHECK_THROWS_AS(names(folder / "empty"), Error);
}
