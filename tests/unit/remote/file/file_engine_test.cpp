#include "remote/file/file_engine.hpp"

#include <csignal>
#include <fstream>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "remote/identity.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace bitx::remote;
using bitx::test::TemporaryFolder;
namespace fs = std::filesystem;

namespace {

Body body_of(std::string_view text) {
    return {std::as_bytes(std::span(text.data(), text.size())), {}};
}

void write(const fs::path& path, std::string_view text) {
    std::ofstream(path, std::ios::binary) << text;
}

std::string get_text(Engine& engine, std::string_view key, std::string_view version = {}) {
    std::string text;
    engine.get(
        key, {},
        [&](std::span<const std::byte> piece) {
            text.append(reinterpret_cast<const char*>(piece.data()), piece.size());
        },
        version);
    return text;
}

std::size_t files_below(const fs::path& root) {
    std::size_t count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(root)) count += entry.is_directory() ? 0 : 1;
    return count;
}

unsigned mode_of(const fs::path& path) {
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    return status.st_mode & 07777U;
}

struct Umask {
    explicit Umask(mode_t mask) : before(::umask(mask)) {}
    ~Umask() { ::umask(before); }
    mode_t before;
};

}  // namespace

TEST_CASE("an object is a file under its key") {
    const TemporaryFolder folder;
    FileEngine engine(folder.path());
    engine.put("a/b/c", body_of("hello"));
    std::ifstream file(folder.path() / "a/b/c");
    CHECK(std::string(std::istreambuf_iterator(file), {}) == "hello");
    CHECK(files_below(folder.path()) == 1);
    CHECK(engine.describe() == "file://" + folder.path().string());
}

TEST_CASE("a group can share a store: modes follow the umask") {
    const TemporaryFolder folder;
    FileEngine engine(folder.path());
    {
        const Umask mask(002);
        engine.put("group/object", body_of("x"));
        CHECK(mode_of(folder.path() / "group") == 0775);
        CHECK(mode_of(folder.path() / "group/object") == 0664);
    }
    const Umask mask(077);
    engine.put("own/object", body_of("x"), PutMode::create_if_absent);
    CHECK(mode_of(folder.path() / "own") == 0700);
    CHECK(mode_of(folder.path() / "own/object") == 0600);
}

TEST_CASE("no symbolic link below the root is followed") {
    const TemporaryFolder outside;
    write(outside.path() / "secret", "secret");
    fs::create_directory(outside.path() / "folder");
    const TemporaryFolder folder;
    FileEngine engine(folder.path());
    fs::create_directory(folder.path() / "blobs");
    fs::create_symlink(outside.path() / "secret", folder.path() / "blobs/link");
    fs::create_symlink(outside.path(), folder.path() / "linked");
    fs::create_symlink(folder.path() / "nowhere", folder.path() / "blobs/dangling");

    for (const char* key : {"blobs/link", "linked/secret", "blobs/dangling", "linked/folder/x"}) {
        CAPTURE(key);
        CHECK_THROWS_AS(engine.head(key), LayoutError);
        CHECK_THROWS_AS(get_text(engine, key), LayoutError);
    }
    CHECK_THROWS_AS(engine.put("linked/new", body_of("x")), LayoutError);
    CHECK_THROWS_AS(engine.put("linked/folder/new", body_of("x")), LayoutError);
    CHECK_THROWS_AS(engine.remove("linked/secret"), LayoutError);
    CHECK_THROWS_AS(engine.list("linked/", [](auto, auto) { FAIL("listed"); }), LayoutError);
    engine.list("", [](std::string_view key, auto) { FAIL(std::string(key)); });
    CHECK(files_below(outside.path()) == 1);

    SUBCASE("a put replaces a link at its key, not what it points to") {
        engine.put("blobs/link", body_of("new"));
        CHECK(get_text(engine, "blobs/link") == "new");
        std::ifstream file(outside.path() / "secret");
        CHECK(std::string(std::istreambuf_iterator(file), {}) == "secret");
    }
}

TEST_CASE("the root itself may be reached through a link") {
    const TemporaryFolder folder;
    fs::create_directory(folder.path() / "store");
    fs::create_directory_symlink(folder.path() / "store", folder.path() / "link");
    FileEngine engine(folder.path() / "link");
    engine.put("a/b", body_of("x"));
    CHECK(get_text(engine, "a/b") == "x");
}

TEST_CASE("only regular files are objects") {
    const TemporaryFolder folder;
    FileEngine engine(folder.path());
    REQUIRE(::mkfifo((folder.path() / "pipe").c_str(), 0600) == 0);
    CHECK_THROWS_AS(engine.head("pipe"), LayoutError);
    CHECK_THROWS_AS(get_text(engine, "pipe"), LayoutError);  // and does not hang
    engine.put("file", body_of("x"));
    CHECK_THROWS_AS(engine.put("file/below", body_of("x")), LayoutError);
    fs::create_directories(folder.path() / "folder/below");
    CHECK_THROWS_AS(engine.put("folder", body_of("x")), LayoutError);
    CHECK(files_below(folder.path()) == 2);
}

TEST_CASE("what a killed writer left is recognisable by its name and never listed") {
    const TemporaryFolder folder;
    FileEngine engine(folder.path());
    engine.put("a/object", body_of("x"));
    write(folder.path() / "a/object~0123456789abcdef", "half");
    write(folder.path() / "a/other~0123456789abcdef", "half");
    std::string keys;
    engine.list("a/", [&](std::string_view key, auto) { keys += std::string(key) + " "; });
    CHECK(keys == "a/object ");
    CHECK_THROWS_AS(check_key("a/object~0123456789abcdef"), LayoutError);
}

TEST_CASE("a pinned version notices what happened to the file") {
    const TemporaryFolder folder;
    FileEngine engine(folder.path());
    engine.put("a", body_of("first"));
    const std::string version = engine.head("a")->version;
    SUBCASE("replaced by the same bytes") {
        engine.put("a", body_of("first"));
    }
    SUBCASE("written to in place, size and time of change restored") {
        struct stat status {};
        REQUIRE(::stat((folder.path() / "a").c_str(), &status) == 0);
        write(folder.path() / "a", "other");
        const timespec times[2] = {status.st_atim, status.st_mtim};
        REQUIRE(::utimensat(AT_FDCWD, (folder.path() / "a").c_str(), times, 0) == 0);
    }
    SUBCASE("cut short") {
        fs::resize_file(folder.path() / "a", 2);
    }
    CHECK_THROWS_AS(get_text(engine, "a", version), ChangedError);
}

TEST_CASE("a get reads one object from its start to its end") {
    const TemporaryFolder folder;
    FileEngine engine(folder.path());
    const std::string big(5 << 20, 'x');
    engine.put("a", body_of(big));
    std::uint64_t seen = 0;
    SUBCASE("replaced meanwhile: the old one is delivered, whole") {
        engine.get("a", {}, [&](std::span<const std::byte> piece) {
            if (seen == 0) engine.put("a", body_of(std::string(5 << 20, 'y')));
            for (const auto byte : piece) seen += byte == std::byte('x') ? 1 : 0;
        });
        CHECK(seen == big.size());
    }
    SUBCASE("cut short meanwhile") {
        CHECK_THROWS_AS(engine.get("a", {}, [&](auto) { fs::resize_file(folder.path() / "a", 100); }),
                        UnavailableError);
    }
    SUBCASE("written to in place meanwhile") {
        CHECK_THROWS_AS(engine.get("a", {},
                                   [&](auto) {
                                       std::fstream file(folder.path() / "a");
                                       file << "changed";
                                   }),
                        ChangedError);
    }
}

TEST_CASE("a store that cannot be written says which, and why, and keeps nothing half-written") {
    const TemporaryFolder folder;
    FileEngine engine(folder.path());
    SUBCASE("too large") {  // a full disk, in as far as a test can have one without being root
        rlimit before{};
        ::getrlimit(RLIMIT_FSIZE, &before);
        const auto handler = std::signal(SIGXFSZ, SIG_IGN);
        const rlimit small{100'000, before.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &small);
        CHECK_THROWS_WITH_AS(engine.put("a/object", body_of(std::string(200'000, 'x'))),
                             doctest::Contains("a/object in the store file:///"), DeniedError);
        ::setrlimit(RLIMIT_FSIZE, &before);
        std::signal(SIGXFSZ, handler);
    }
    SUBCASE("permissions") {
        if (::geteuid() == 0) return;  // permissions do not bind root
        fs::create_directory(folder.path() / "a");
        fs::permissions(folder.path() / "a", fs::perms::owner_read | fs::perms::owner_exec);
        CHECK_THROWS_WITH_AS(engine.put("a/object", body_of("x")), doctest::Contains("Permission denied"),
                             DeniedError);
        fs::permissions(folder.path() / "a", fs::perms::owner_all);
    }
    SUBCASE("the body cannot be read") {
        CHECK_THROWS_WITH_AS(engine.put("a/object", {{}, folder.path() / "none"}),
                             doctest::Contains("cannot read"), Error);
    }
    CHECK(files_below(folder.path()) == 0);
    CHECK(!engine.head("a/object"));
}

TEST_CASE("a full disk") {
    // A small file system of its own needs root; where there is none, the test has nothing to say.
    if (::geteuid() != 0 || std::system("command -v mount >/dev/null") != 0) return;
    const TemporaryFolder folder;
    if (std::system(
            ("mount -t tmpfs -o size=1m bitx-test " + folder.path().string() + " 2>/dev/null").c_str()) !=
        0) {
        return;
    }
    {
        FileEngine engine(folder.path());
        engine.put("small", body_of("x"));
        CHECK_THROWS_WITH_AS(engine.put("a/object", body_of(std::string(2 << 20, 'x'))),
                             doctest::Contains("No space left"), DeniedError);
        const TemporaryFolder elsewhere;
        write(elsewhere.path() / "body", std::string(2 << 20, 'x'));
        CHECK_THROWS_WITH_AS(engine.put("a/object", {{}, elsewhere.path() / "body"}),
                             doctest::Contains("free some space"), DeniedError);
        CHECK(files_below(folder.path()) == 1);
        CHECK(get_text(engine, "small") == "x");
        CHECK(std::system(("mount -o remount,ro " + folder.path().string()).c_str()) == 0);
        CHECK_THROWS_WITH_AS(engine.put("b", body_of("x")), doctest::Contains("read-only"), DeniedError);
        CHECK(get_text(engine, "small") == "x");
    }
    CHECK(std::system(("umount " + folder.path().string()).c_str()) == 0);
}

TEST_CASE("a put creates folders, but no store") {
    const TemporaryFolder folder;
    FileEngine engine(folder.path() / "new/store");
    CHECK_THROWS_AS(engine.put("blobs/object", body_of("x")), UnavailableError);
    CHECK(fs::is_empty(folder.path()));
    CHECK(!engine.head("bitx.json"));
    create_store(engine);
    engine.put("blobs/object", body_of("x"));
    CHECK(get_text(engine, "blobs/object") == "x");
}

TEST_CASE("a root must be absolute, and a folder") {
    CHECK_THROWS_AS(FileEngine("relative"), LayoutError);
    const TemporaryFolder folder;
    write(folder.path() / "file", "x");
    FileEngine engine(folder.path() / "file");
    CHECK_THROWS_AS(engine.head("a"), LayoutError);
}
