#pragma once

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include <stdlib.h>

#include "agent/git/process.hpp"

namespace bitx::agent {

/// A folder that is removed with all in it.
class ScratchFolder {
  public:
    ScratchFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "bitx-test-XXXXXX").string();
        path_ = std::filesystem::canonical(::mkdtemp(name.data()));
    }
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;
    ~ScratchFolder() { std::filesystem::remove_all(path_); }

    const std::filesystem::path& path() const { return path_; }
    std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

  private:
    std::filesystem::path path_;
};

/// Sets an environment variable for a scope.
class ScopedEnvironment {
  public:
    ScopedEnvironment(std::string name, const std::string& value) : name_(std::move(name)) {
        if (const char* old = ::getenv(name_.c_str())) old_ = old;
        ::setenv(name_.c_str(), value.c_str(), 1);
    }
    ScopedEnvironment(const ScopedEnvironment&) = delete;
    ScopedEnvironment& operator=(const ScopedEnvironment&) = delete;
    ~ScopedEnvironment() {
        if (old_) {
            ::setenv(name_.c_str(), old_->c_str(), 1);
        } else {
            ::unsetenv(name_.c_str());
        }
    }

  private:
    std::string name_;
    std::optional<std::string> old_;
};

inline void write_file(const std::filesystem::path& file, const std::string& bytes) {
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << bytes;
}

/// A repository in a scratch folder, with no configuration but its own and no LFS filters.
class ScratchRepository {
  public:
    explicit ScratchRepository(const std::vector<std::string>& init_options = {}) {
        std::vector<std::string> init{"init", "--quiet", "--initial-branch=main"};
        init.insert(init.end(), init_options.begin(), init_options.end());
        init.push_back(path().string());
        run_git(init);
    }

    std::filesystem::path path() const { return folder_ / "repository"; }

    std::string git(const std::vector<std::string>& arguments) const {
        ProcessOptions options;
        options.directory = path();
        std::string output = run_git(arguments, options);
        if (output.ends_with('\n')) output.pop_back();
        return output;
    }

    void write(const std::string& name, const std::string& bytes) const { write_file(path() / name, bytes); }

    /// Commits all that is in the worktree; returns the commit.
    std::string commit(const std::string& message = "change") const {
        git({"add", "--all"});
        git({"commit", "--quiet", "--allow-empty", "-m", message});
        return git({"rev-parse", "HEAD"});
    }

  private:
    ScopedEnvironment global_{"GIT_CONFIG_GLOBAL", "/dev/null"};
    ScopedEnvironment system_{"GIT_CONFIG_NOSYSTEM", "1"};
    ScopedEnvironment author_{"GIT_AUTHOR_NAME", "A"};
    ScopedEnvironment author_email_{"GIT_AUTHOR_EMAIL", "a@example.com"};
    ScopedEnvironment committer_{"GIT_COMMITTER_NAME", "A"};
    ScopedEnvironment committer_email_{"GIT_COMMITTER_EMAIL", "a@example.com"};
    ScratchFolder folder_;
};

inline std::string pointer_text(char digit, int size = 10) {
    return "version https://git-lfs.github.com/spec/v1\noid sha256:" + std::string(64, digit) + "\nsize " +
           std::to_string(size) + "\n";
}

}  // namespace bitx::agent
