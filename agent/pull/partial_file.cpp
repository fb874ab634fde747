#include "agent/pull/partial_file.hpp"

#include <chrono>
#include <system_error>

#include "agent/error.hpp"
#include "agent/unique_name.hpp"

namespace bitx::agent {
namespace {

namespace fs = std::filesystem;

fs::path in_directory(const fs::path& directory, const std::string& name, const FileModes& modes) {
    std::error_code error;
    if (!fs::exists(directory)) {
        fs::create_directories(directory, error);
        if (!error) fs::permissions(directory, static_cast<fs::perms>(modes.directory), error);
        if (error) throw Error("cannot create " + directory.string() + ": " + error.message());
    }
    return directory / (name + '-' + unique_name());
}

}  // namespace

PartialFile::PartialFile(const fs::path& directory, const std::string& name, const FileModes& modes)
    : file_(in_directory(directory, name, modes), File::Mode::create) {
    file_.try_lock();
    file_.set_permissions(modes.file);
}

PartialFile::~PartialFile() {
    if (completed_) return;
    std::error_code ignored;
    fs::remove(file_.path(), ignored);
}

fs::path PartialFile::complete() {
    completed_ = true;
    return file_.path();
}

void remove_stale_files(const fs::path& directory) {
    const auto old = fs::file_time_type::clock::now() - std::chrono::hours(1);
    std::error_code ignored;
    for (const fs::directory_entry& entry : fs::directory_iterator(directory, ignored)) {
        if (!entry.is_regular_file(ignored) || entry.last_write_time(ignored) > old) continue;
        try {
            if (File(entry.path(), File::Mode::read).try_lock()) fs::remove(entry.path(), ignored);
        } catch (const Error&) {  // somebody else's, or gone meanwhile
        }
    }
}

}  // namespace bitx::agent
