// What a push writes, in which order, and what is left when it dies or meets another.

#include <atomic>
#include <latch>
#include <mutex>
#include <thread>

#include <doctest/doctest.h>

#include "tests/unit/agent/stored_files.hpp"

using namespace bitx;
using namespace bitx::agent;

namespace {

// What pushes of several stores share: the objects, the keys in the order in which they were put or settled,
// and a hook before each put.
struct Shared {
    remote::MemoryEngine objects;
    std::mutex mutex;
    std::vector<std::string> puts;
    std::vector<std::string> settled;
    std::function<void(std::string_view key)> before_put = [](std::string_view) {};
};

class SharedEngine final : public remote::Engine {
  public:
    explicit SharedEngine(Shared& shared) : shared_(shared) {}

    std::optional<remote::ObjectInfo> head(std::string_view key) override {
        return shared_.objects.head(key);
    }
    remote::ObjectInfo get(std::string_view key, remote::ByteRange range, const remote::Sink& sink,
                           std::string_view version) override {
        return shared_.objects.get(key, range, sink, version);
    }
    remote::PutResult put(std::string_view key, const remote::Body& body, remote::PutMode mode) override {
        shared_.before_put(key);
        const remote::PutResult result = shared_.objects.put(key, body, mode);
        const std::lock_guard lock(shared_.mutex);
        shared_.puts.emplace_back(key);
        return result;
    }
    void list(std::string_view prefix,
              const std::function<void(std::string_view, std::uint64_t)>& each) override {
        shared_.objects.list(prefix, each);
    }
    void remove(std::string_view key) override { shared_.objects.remove(key); }
    void settle(std::string_view key) override {
        const std::lock_guard lock(shared_.mutex);
        shared_.settled.emplace_back(key);
    }
    std::string describe() const override { return "memory"; }

  private:
    Shared& shared_;
};

// A file with one BF16 tensor of rows of 1024 elements.
std::string model_file(const std::string& bytes, const std::string& name = "w") {
    return safetensors_file({{name, "BF16", {bytes.size() / 2048, 1024}, bytes}});
}

constexpr std::size_t elements = 3 << 19;  // 3 MiB

// A base, and a fine-tune of it.
const std::string base = model_file(weights(elements, 1));
const std::string tuned = model_file(moved(weights(elements, 1), 2));

class SharedStore {
  public:
    SharedStore() {
        SharedEngine engine(shared);
        remote::create_store(engine);
        shared.puts.clear();
    }

    // As a process of its own.
    FileReport push(const std::string& bytes, const FileBases& bases = {}) {
        Store store(std::make_unique<SharedEngine>(shared));
        Push push(store, settings, scratch / "spool", {});
        const codec::Digest oid = TestStore::oid(bytes);
        const std::filesystem::path path = scratch / oid.hex();
        {
            const std::lock_guard lock(files);
            if (!std::filesystem::exists(path)) write_file(path, bytes);
        }
        return push.push(
            {oid, bytes.size(), path}, [&] { return bases; }, [](std::uint64_t) {});
    }

    std::string pull(const std::string& bytes) {
        Store store(std::make_unique<SharedEngine>(shared));
        Pull pull(store, settings, {});
        std::string pulled;
        pull.read_in_order(store.recipe(TestStore::oid(bytes)),
                           [&](codec::ByteView piece) { pulled += codec::as_text(piece); });
        return pulled;
    }

    FileBases against(const std::string& bytes) {
        Store store(std::make_unique<SharedEngine>(shared));
        auto model = std::make_shared<BaseModel>();
        model->add("model.safetensors", store.recipe(TestStore::oid(bytes)), "base");
        return {"model.safetensors", {model}};
    }

    std::vector<std::string> keys(std::string_view prefix) {
        std::vector<std::string> found;
        shared.objects.list(prefix, [&](std::string_view key, std::uint64_t) { found.emplace_back(key); });
        return found;
    }

    Shared shared;
    Settings settings = TestStore::small_settings();
    ScratchFolder scratch;
    std::mutex files;
};

}  // namespace

TEST_CASE("the recipe is written last, and again nothing is") {
    SharedStore store;
    store.push(base);
    CHECK(store.shared.puts.size() == 2);
    CHECK(store.shared.puts.back() == remote::recipe_key(TestStore::oid(base).hex()));
    store.push(base);
    CHECK(store.shared.puts.size() == 2);
}

TEST_CASE("a blob that was found is made durable before the recipe that names it") {
    SharedStore store;
    store.push(base);
    std::vector<std::string> settled_before_recipe;
    store.shared.before_put = [&](std::string_view key) {
        if (key.starts_with("recipes/")) settled_before_recipe = store.shared.settled;
    };
    store.push(model_file(weights(elements, 1), "renamed"));
    CHECK(settled_before_recipe == store.keys("blobs/"));
    CHECK(settled_before_recipe.size() == 1);
}

TEST_CASE("an unrelated base is not named") {
    SharedStore store;
    store.push(base);
    std::string unrelated(2 * elements, '\0');
    std::mt19937 generator(7);
    for (char& c : unrelated) c = static_cast<char>(generator());
    const FileReport report = store.push(model_file(unrelated), store.against(base));
    CHECK(report.units[1].key.depth == 0);
    CHECK(report.units[1].bases.empty());
}

TEST_CASE("a cold pull never costs more than its limit") {
    SharedStore store;
    store.push(base);
    store.settings.cold_pull = 0.5;  // the base alone takes more
    CHECK(store.push(tuned, store.against(base)).units[1].key.depth == 0);
    store.settings.cold_pull = 2;
    const std::string other = model_file(moved(weights(elements, 1), 3));
    CHECK(store.push(other, store.against(base)).units[1].key.depth == 1);
}

TEST_CASE("what is larger than memory allows goes through a temporary file, and that goes away") {
    SharedStore store;
    store.settings.memory = 16 << 20;  // units above 2 MiB are read twice
    store.push(base);
    CHECK(store.pull(base) == base);
    CHECK(std::filesystem::exists(store.scratch / "spool"));
    CHECK(std::filesystem::is_empty(store.scratch / "spool"));
}

TEST_CASE("a push that dies at any put leaves a sound store, and can be repeated") {
    for (int survivors = 0; survivors < 2; ++survivors) {
        CAPTURE(survivors);
        SharedStore store;
        store.push(base);
        const FileBases bases = store.against(base);
        std::atomic<int> left = survivors;
        store.shared.before_put = [&](std::string_view) {
            if (left-- == 0) throw remote::UnavailableError("the connection was lost");
        };
        CHECK_THROWS_AS(store.push(tuned, bases), remote::UnavailableError);
        CHECK(store.keys("recipes/").size() == 1);
        CHECK(store.pull(base) == base);
        store.shared.before_put = [](std::string_view) {};
        store.push(tuned, bases);
        CHECK(store.pull(tuned) == tuned);
    }
}

TEST_CASE("two pushes of the same bytes at once: both looked before either wrote, and all comes back") {
    SharedStore store;
    store.push(base);
    const FileBases bases = store.against(base);
    std::latch both_looked(2);
    std::atomic<int> arrivals = 0;
    store.shared.before_put = [&](std::string_view key) {
        if (key.starts_with("blobs/") && arrivals++ < 2) both_looked.arrive_and_wait();
    };
    {
        const std::jthread as_delta([&] { store.push(tuned, bases); });
        const std::jthread on_its_own([&] { store.push(tuned); });
    }
    CHECK(store.pull(tuned) == tuned);
    CHECK(store.keys("blobs/").size() == 3);  // the base's, and both forms of the fine-tune's
}
