#include "agent/container/output_file.hpp"

#include "agent/error.hpp"
#include "agent/unique_name.hpp"

namespace bitx::agent {
namespace {

namespace fs = std::filesystem;

fs::path directory_of(const fs::path& path) {
    return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

const fs::path& checked(const fs::path& path, bool replace) {
    if (!path.has_filename() || fs::is_directory(path)) throw Error(path.string() + " is a folder");
    if (!replace && fs::exists(path)) throw Error(path.string() + " exists; --force replaces it");
    if (!fs::is_directory(directory_of(path)))
        throw Error("there is no folder " + directory_of(path).string());
    return path;
}

}  // namespace

OutputFile::OutputFile(fs::path path, bool replace)
    : path_(std::move(path)),
      file_(directory_of(checked(path_, replace)) / ("." + path_.filename().string() + "-" + unique_name()),
            File::Mode::create) {}

OutputFile::~OutputFile() {
    if (completed_) return;
    std::error_code ignored;
    fs::remove(file_.path(), ignored);
}

fs::path OutputFile::directory() const {
    return directory_of(path_);
}

void OutputFile::complete() {
    file_.sync();
    std::error_code error;
    fs::rename(file_.path(), path_, error);
    if (error) throw Error("cannot write " + path_.string() + ": " + error.message());
    completed_ = true;
}

}  // namespace bitx::agent
