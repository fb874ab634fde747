#pragma once

#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "agent/pull/pull.hpp"
#include "agent/push/push.hpp"
#include "remote/identity.hpp"
#include "remote/layout.hpp"
#include "remote/memory_engine.hpp"
#include "tests/unit/agent/scratch.hpp"

namespace bitx::agent {

/// A tensor to put into a file.
struct TestTensor {
    std::string name;
    std::string dtype;
    std::vector<std::uint64_t> shape;
    std::string bytes;
};

/// The bytes of a safetensors file of these tensors, in this order.
inline std::string safetensors_file(const std::vector<TestTensor>& tensors, const std::string& note = "x") {
    std::string header = R"({"__metadata__":{"note":")" + note + "\"}";
    std::string data;
    for (const TestTensor& tensor : tensors) {
        std::string shape;
        for (const std::uint64_t size : tensor.shape)
            shape += (shape.empty() ? "" : ",") + std::to_string(size);
        header += ",\"" + tensor.name + R"(":{"dtype":")" + tensor.dtype + R"(","shape":[)" + shape +
                  R"(],"data_offsets":[)" + std::to_string(data.size()) + ',' +
                  std::to_string(data.size() + tensor.bytes.size()) + "]}";
        data += tensor.bytes;
    }
    header += '}';
    const std::uint64_t length = header.size();
    return std::string(reinterpret_cast<const char*>(&length), sizeof length) + header + data;
}

/// BF16 numbers around 2^-6, with `seed`.
inline std::string weights(std::size_t count, unsigned seed) {
    std::mt19937 generator(seed);
    std::string bytes;
    bytes.reserve(2 * count);
    for (std::size_t i = 0; i < count; ++i) {
        const auto random = static_cast<unsigned>(generator());
        const unsigned element = (random & 0x8000) | 0x3c00 | (random & 0x1ff);
        bytes += {static_cast<char>(element & 255), static_cast<char>(element >> 8)};
    }
    return bytes;
}

/// The same, moved a little, as by training.
inline std::string moved(std::string bytes, unsigned seed) {
    std::mt19937 generator(seed);
    for (std::size_t i = 0; i < bytes.size(); i += 2)
        bytes[i] = static_cast<char>(static_cast<unsigned char>(bytes[i]) ^ (generator() & 3));
    return bytes;
}

/// A store in memory, and what pushes to it and pulls from it.
class TestStore {
  public:
    explicit TestStore(const Settings& settings = small_settings()) : settings_(settings) {
        auto engine = std::make_unique<remote::MemoryEngine>();
        remote::create_store(*engine);
        engine_ = engine.get();
        store_ = std::make_unique<Store>(std::move(engine));
    }

    static Settings small_settings() {
        Settings settings;
        settings.threads = 2;
        settings.memory = std::uint64_t{256} << 20;
        return settings;
    }

    Store& store() { return *store_; }
    remote::Engine& engine() { return *engine_; }

    /// As a new process would push it: nothing is known of the store.
    FileReport push(const std::string& bytes, const FileBases& bases = {}) {
        const std::filesystem::path path = scratch_ / "object";
        write_file(path, bytes);
        Push push(*store_, settings_, scratch_ / "spool", {});
        return push.push(
            {oid(bytes), bytes.size(), path}, [&] { return bases; }, [](std::uint64_t) {});
    }

    /// The bytes of a stored file, by a reader that has seen nothing of the store yet.
    std::string pull(const std::string& bytes) {
        forget();
        Pull pull(*store_, settings_, {});
        const std::filesystem::path path =
            pull.pull(oid(bytes), bytes.size(), scratch_ / "partial", {}, [](std::uint64_t) {})->complete();
        std::ifstream in(path, std::ios::binary);
        std::string pulled(std::istreambuf_iterator<char>(in), {});
        std::filesystem::remove(path);
        return pulled;
    }

    /// The file as a base for others, under the path "model.safetensors".
    FileBases as_base(const std::string& bytes) {
        auto model = std::make_shared<BaseModel>();
        model->add("model.safetensors", store_->recipe(oid(bytes)), "base");
        return {.path = "model.safetensors", .models = {model}};
    }

    static codec::Digest oid(const std::string& bytes) { return codec::Sha256::of(codec::as_bytes(bytes)); }

    std::vector<std::string> keys(const std::string& prefix) {
        std::vector<std::string> found;
        engine_->list(prefix, [&](std::string_view key, std::uint64_t) { found.emplace_back(key); });
        return found;
    }

    std::string object(const std::string& key) {
        std::string bytes;
        engine_->get(key, {}, [&](codec::ByteView piece) { bytes += codec::as_text(piece); });
        return bytes;
    }
    void replace(const std::string& key, const std::string& bytes) {
        engine_->put(key, {.memory = codec::as_bytes(bytes)});
        forget();
    }
    void remove(const std::string& key) {
        engine_->remove(key);
        forget();
    }
    /// What is remembered of the blobs, as if by another process.
    void forget() {
        for (const std::string& key : keys("blobs/"))
            if (const auto name = remote::parse_blob_key(key))
                store_->forget_blob(
                    {codec::Digest::from_hex(name->sha256), static_cast<std::uint8_t>(name->depth)});
    }

  private:
    Settings settings_;
    ScratchFolder scratch_;
    std::unique_ptr<Store> store_;
    remote::Engine* engine_ = nullptr;
};

}  // namespace bitx::agent
