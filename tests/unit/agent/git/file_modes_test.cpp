#include "agent/git/file_modes.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

using namespace bitx::agent;

namespace {
FileModes modes(const std::string& value, mode_t umask) {
    return file_modes(GitConfig({{"core.sharedrepository", value, ConfigScope::local}}), umask);
}
}  // namespace

TEST_CASE("without core.sharedRepository the umask decides") {
    CHECK(file_modes(GitConfig(), 022) == FileModes{0644, 0755});
    CHECK(file_modes(GitConfig(), 077) == FileModes{0600, 0700});
    CHECK(modes("umask", 027) == FileModes{0640, 0750});
    CHECK(modes("nonsense", 027) == FileModes{0640, 0750});
}

TEST_CASE("core.sharedRepository gives the modes that git-lfs gives its objects") {
    for (const char* value : {"group", "true", "1"}) CHECK(modes(value, 077) == FileModes{0660, 0770});
    for (const char* value : {"all", "world", "everybody", "2"})
        CHECK(modes(value, 077) == FileModes{0664, 0775});
    CHECK(modes("0640", 077) == FileModes{0640, 0750});
}

TEST_CASE("the umask is read without being changed") {
    const mode_t old = ::umask(027);
    CHECK(current_umask() == 027);
    CHECK(::umask(old) == 027);
}
