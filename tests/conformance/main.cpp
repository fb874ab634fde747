// conformance_test (--engine=memory|file | --url=URL) [--without=list,create-if-absent] [doctest's options]
//
// For servers the environment has BITX_TEST_USER and BITX_TEST_PASSWORD, BITX_TEST_CA (a file), and for S3
// BITX_TEST_ENDPOINT and BITX_TEST_PART_SIZE (for larger bodies, multipart uploads are used).

#define DOCTEST_CONFIG_IMPLEMENT
#include <cstdlib>
#include <iostream>
#include <memory>
#include <random>

#include <doctest/doctest.h>

#include "remote/file/file_engine.hpp"
#include "remote/memory_engine.hpp"
#include "remote/open.hpp"
#include "remote/random.hpp"
#include "tests/conformance/subject.hpp"
#include "tests/support/temporary_folder.hpp"

namespace bitx::test {
namespace {

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

/// Knows the server's credentials, and fails the run where they are asked for too often or refused.
class TestCredentials final : public remote::CredentialSource {
  public:
    std::optional<remote::Credential> fill(const remote::CredentialRequest&) override {
        if (++asked_ > 1) throw std::runtime_error("credentials were asked for twice");
        const std::string user = environment("BITX_TEST_USER");
        if (user.empty()) return std::nullopt;
        return remote::Credential{user, environment("BITX_TEST_PASSWORD"), {}};
    }
    void reject(const remote::CredentialRequest&, const remote::Credential&) override {
        throw std::runtime_error("right credentials were rejected");
    }

  private:
    int asked_ = 0;
};

struct Run {
    std::unique_ptr<remote::Engine> engine;
    std::string without;
    std::string folder = "conformance/" + remote::random_hex(8);
};

Run& run() {
    static Run the_run;
    return the_run;
}

std::unique_ptr<remote::Engine> open_server(std::string_view url) {
    remote::OpenOptions options;
    options.credentials = std::make_shared<TestCredentials>();
    options.transport.ca_file = environment("BITX_TEST_CA");
    options.s3.endpoint.url = environment("BITX_TEST_ENDPOINT");
    if (const std::string size = environment("BITX_TEST_PART_SIZE"); !size.empty()) {
        options.s3.part_size = options.s3.largest_put = std::stoull(size);
    }
    options.retry.total = {};  // a healthy server needs no second try
    return remote::open_engine(remote::parse_store_url(url), options);
}

}  // namespace

remote::Engine& subject() {
    return *run().engine;
}

bool lacks(std::string_view capability) {
    return ("," + run().without + ",").find("," + std::string(capability) + ",") != std::string::npos;
}

std::string fresh_key(std::string_view name) {
    static int count = 0;
    return run().folder + "/" + std::to_string(++count) + "/" + std::string(name);
}

std::vector<std::byte> noise(std::size_t size, unsigned seed) {
    std::mt19937 random(seed);
    std::vector<std::byte> bytes(size);
    for (auto& byte : bytes) byte = static_cast<std::byte>(random());
    return bytes;
}

std::vector<std::byte> get_all(std::string_view key, remote::ByteRange range, std::string_view version) {
    std::vector<std::byte> bytes;
    subject().get(
        key, range,
        [&](std::span<const std::byte> piece) { bytes.insert(bytes.end(), piece.begin(), piece.end()); },
        version);
    return bytes;
}

std::string get_text(std::string_view key, remote::ByteRange range, std::string_view version) {
    const auto bytes = get_all(key, range, version);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

remote::PutResult put_text(std::string_view key, std::string_view text, remote::PutMode mode) {
    return subject().put(key, {std::as_bytes(std::span(text)), {}}, mode);
}

std::set<std::string> listed(std::string_view prefix) {
    std::set<std::string> keys;
    subject().list(prefix, [&](std::string_view key, std::uint64_t) {
        if (!keys.emplace(key).second) throw std::runtime_error("listed twice: " + std::string(key));
    });
    return keys;
}

}  // namespace bitx::test

int main(int argc, char** argv) try {
    using namespace bitx;
    doctest::Context context(argc, argv);
    const test::TemporaryFolder folder;
    test::Run& run = test::run();
    for (const std::string_view argument : std::span(argv, static_cast<std::size_t>(argc)).subspan(1)) {
        const auto value = argument.substr(argument.find('=') + 1);
        if (argument == "--engine=memory") run.engine = std::make_unique<remote::MemoryEngine>();
        if (argument == "--engine=file") run.engine = std::make_unique<remote::FileEngine>(folder.path());
        if (argument.starts_with("--url=")) run.engine = test::open_server(value);
        if (argument.starts_with("--without=")) run.without = value;
    }
    if (!run.engine) {
        std::cerr << "which engine? --engine=memory, --engine=file or --url=URL\n";
        return 2;
    }
    return context.run();
} catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 2;
}
