#include "agent/store/store.hpp"

#include <algorithm>
#include <future>

#include "agent/error.hpp"
#include "agent/message.hpp"
#include "remote/identity.hpp"
#include "remote/layout.hpp"

namespace bitx::agent {
namespace {

// What is read of a blob to know that it is sound (design: existence is more than a HEAD): nearly always its
// header.
constexpr std::uint64_t header_guess = 64 << 10;
constexpr std::size_t open_blobs_limit = 1 << 16;
constexpr std::uint64_t beginnings_limit = 16 << 20;  // bytes
constexpr std::size_t most_beginnings = 256;
constexpr std::uint64_t pointer_limit = 4096;
constexpr std::string_view latest_magic = "bitx latest 1\nrevision ";

std::string cache_name(const codec::BlobKey& key) {
    return key.sha256.hex() + '.' + std::to_string(key.depth);
}

std::string recipe_name(const codec::Digest& oid) {
    return remote::recipe_key(oid.hex());
}

[[noreturn]] void throw_damaged(std::string_view key, const std::string& store, std::string_view why) {
    throw DamagedError(std::string(key) + " in " + store + " is damaged: " + std::string(why));
}

// Runs `read` and says of which object it was that the codec found fault with.
template <typename Read>
auto checked(std::string_view key, const std::string& store, Read read) {
    try {
        return read();
    } catch (const codec::CorruptError& error) {
        throw_damaged(key, store, error.what());
    } catch (const codec::UnsupportedError& error) {
        throw Error(std::string(key) + " in " + store + " cannot be read: " + error.what() +
                    "; update git-bitx");
    }
}

}  // namespace

std::string blob_key_text(const codec::BlobKey& key) {
    return remote::blob_key(key.sha256.hex(), key.depth);
}

Store::Store(std::unique_ptr<remote::Engine> engine)
    : engine_(std::move(engine)), id_(remote::open_store(*engine_).id) {}

std::optional<codec::Bytes> Store::read_object(std::string_view key, std::uint64_t limit) {
    codec::Bytes bytes;
    try {
        engine_->get(key, {}, [&](codec::ByteView piece) {
            if (bytes.size() + piece.size() > limit)
                throw_damaged(key, describe(), "it is longer than any of its kind");
            bytes.insert(bytes.end(), piece.begin(), piece.end());
        });
    } catch (const remote::AbsentError&) {
        return std::nullopt;
    }
    return bytes;
}

std::optional<codec::Recipe> Store::find_recipe(const codec::Digest& oid) {
    const std::string key = recipe_name(oid);
    const std::optional<codec::Bytes> bytes = read_object(key, codec::recipe_limit);
    if (!bytes) return std::nullopt;
    return checked(key, describe(), [&] {
        codec::Recipe recipe = codec::read_recipe(*bytes);
        if (recipe.oid != oid) throw codec::CorruptError("it is the recipe of another file");
        return recipe;
    });
}

codec::Recipe Store::recipe(const codec::Digest& oid) {
    if (std::optional<codec::Recipe> recipe = find_recipe(oid)) return *std::move(recipe);
    throw AbsentError(recipe_name(oid) + " is not in " + describe() + ": the object was never pushed there",
                      "run 'git lfs push --all <remote>' where it is");
}

std::uint64_t Store::put_recipe(const codec::Recipe& recipe) {
    const codec::Bytes bytes = codec::write_recipe(recipe);
    engine_->put(recipe_name(recipe.oid), {.memory = bytes});
    return bytes.size();
}

std::uint64_t Store::recipe_size(const codec::Digest& oid) {
    const std::optional<remote::ObjectInfo> info = engine_->head(recipe_name(oid));
    if (!info) throw AbsentError(recipe_name(oid) + " is not in " + describe());
    return info->size;
}

void Store::settle_recipe(const codec::Digest& oid) {
    engine_->settle(recipe_name(oid));
}

void Store::settle_blob(const codec::BlobKey& key) {
    engine_->settle(blob_key_text(key));
}

std::shared_ptr<const OpenBlob> Store::open_blob(const codec::BlobKey& key, std::uint64_t wanted) {
    {
        const std::lock_guard lock(mutex_);
        if (const auto found = open_blobs_.find(key); found != open_blobs_.end()) return found->second;
    }
    if (auto cached = find_cached(key)) return remember(std::move(cached));
    const std::string name = blob_key_text(key);
    codec::Bytes bytes;
    const auto append = [&](codec::ByteView piece) { bytes.insert(bytes.end(), piece.begin(), piece.end()); };
    remote::ObjectInfo info;
    try {
        info = engine_->get(name, {0, header_guess + wanted}, append);
    } catch (const remote::AbsentError&) {
        throw AbsentError(name + " is not in " + describe() + ", and an object there is built from it");
    }
    const auto open = checked(name, describe(), [&] {
        const codec::BlobPreamble preamble = codec::read_blob_preamble(bytes);
        if (info.size != preamble.stored_length)
            throw codec::CorruptError("it has " + std::to_string(info.size) + " bytes and should have " +
                                      std::to_string(preamble.stored_length));
        if (preamble.header_length > bytes.size())
            engine_->get(name, {bytes.size(), preamble.header_length - bytes.size()}, append, info.version);
        const codec::ByteView all = bytes;
        codec::BlobHeader header = codec::read_blob_header(all.first(preamble.header_length));
        if (header.key() != key) throw codec::CorruptError("it is the blob of another name");
        codec::FrameIndex index(header, preamble.header_length);
        return std::make_shared<const OpenBlob>(
            OpenBlob{key, std::move(header), preamble.header_length, std::move(index), info.version});
    });
    bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(open->header_length));
    keep_beginning(*open, std::move(bytes));
    return remember(open);
}

void Store::keep_beginning(const OpenBlob& blob, codec::Bytes bytes) {
    if (bytes.empty()) return;
    const std::lock_guard lock(mutex_);
    beginnings_size_ += bytes.size();
    beginnings_.push_back({blob.key, blob.version, blob.header_length, std::move(bytes)});
    for (; beginnings_size_ > beginnings_limit || beginnings_.size() > most_beginnings;
         beginnings_.pop_front())
        beginnings_size_ -= beginnings_.front().bytes.size();
}

// What came with the header of stored bytes from `offset` on, at most `length`. It is given out once.
codec::Bytes Store::take_beginning(const OpenBlob& blob, std::uint64_t offset, std::uint64_t length) {
    const std::lock_guard lock(mutex_);
    const auto found = std::ranges::find_if(beginnings_, [&](const Beginning& beginning) {
        return beginning.key == blob.key && beginning.version == blob.version && beginning.offset == offset;
    });
    if (found == beginnings_.end()) return {};
    codec::Bytes bytes = std::move(found->bytes);
    beginnings_size_ -= bytes.size();
    beginnings_.erase(found);
    if (bytes.size() > length) bytes.resize(length);
    return bytes;
}

std::shared_ptr<const OpenBlob> Store::remember(std::shared_ptr<const OpenBlob> blob) {
    const std::lock_guard lock(mutex_);
    if (open_blobs_.size() >= open_blobs_limit) open_blobs_.clear();
    return open_blobs_.insert_or_assign(blob->key, blob).first->second;
}

// A cached header is the blob's version, a line end, and the header as it is stored.
std::shared_ptr<const OpenBlob> Store::find_cached(const codec::BlobKey& key) {
    if (!cache_) return nullptr;
    const auto bytes = cache_->read(cache_name(key), "header");
    if (!bytes) return nullptr;
    const std::string_view text = codec::as_text(*bytes);
    const std::size_t line = text.find('\n');
    try {
        if (line == std::string_view::npos) throw codec::CorruptError("it has no version");
        const codec::ByteView stored = codec::ByteView(*bytes).subspan(line + 1);
        codec::BlobHeader header = codec::read_blob_header(stored);
        if (header.key() != key) throw codec::CorruptError("it is the header of another blob");
        codec::FrameIndex index(header, stored.size());
        return std::make_shared<const OpenBlob>(OpenBlob{
            key, std::move(header), stored.size(), std::move(index), std::string(text.substr(0, line))});
    } catch (const codec::Error&) {
        cache_->forget(cache_name(key));
        return nullptr;
    }
}

void Store::keep_header(const OpenBlob& blob) {
    const codec::Bytes header = codec::write_blob_header(blob.header);
    if (header.size() != blob.header_length) return;  // another writer's form of it
    const std::string version = blob.version + '\n';
    codec::Bytes bytes(codec::as_bytes(version).begin(), codec::as_bytes(version).end());
    bytes.insert(bytes.end(), header.begin(), header.end());
    cache_->write(cache_name(blob.key), "header", bytes);
}

bool Store::forget_cached(const codec::BlobKey& key) {
    forget_blob(key);
    return cache_ && cache_->forget(cache_name(key));
}

void Store::forget_blob(const codec::BlobKey& key) {
    const std::lock_guard lock(mutex_);
    open_blobs_.erase(key);
    std::erase_if(beginnings_, [&](const Beginning& beginning) {
        if (beginning.key != key) return false;
        beginnings_size_ -= beginning.bytes.size();
        return true;
    });
}

StoredBytes Store::read_stored(const OpenBlob& blob, std::uint64_t offset, std::uint64_t length, bool keep) {
    const std::string part = std::to_string(offset) + '-' + std::to_string(length);
    if (cache_)
        if (auto cached = cache_->read(cache_name(blob.key), part); cached && cached->size() == length)
            return {*std::move(cached), true};
    codec::Bytes bytes = take_beginning(blob, offset, length);
    bytes.reserve(length);
    const std::string name = blob_key_text(blob.key);
    try {
        if (bytes.size() < length)
            engine_->get(
                name, {offset + bytes.size(), length - bytes.size()},
                [&](codec::ByteView piece) { bytes.insert(bytes.end(), piece.begin(), piece.end()); },
                blob.version);
    } catch (const remote::AbsentError&) {
        throw AbsentError(name + " was removed from " + describe() + " while it was read");
    }
    if (bytes.size() != length) throw_damaged(name, describe(), "it ends too early");
    if (cache_ && keep) {
        keep_header(blob);
        cache_->write(cache_name(blob.key), part, bytes);
    }
    return {std::move(bytes), false};
}

// One listing tells of all depths; where the store cannot be listed, they are asked for side by side.
std::vector<codec::BlobKey> Store::depths_of(const codec::Digest& sha256) {
    std::vector<codec::BlobKey> keys;
    const auto ask_for_each = [&] {
        std::vector<std::future<bool>> found;
        for (std::uint8_t depth = 0; depth <= codec::max_depth; ++depth)
            found.push_back(std::async(std::launch::async, [this, key = blob_key_text({sha256, depth})] {
                return engine_->head(key).has_value();
            }));
        for (std::uint8_t depth = 0; depth <= codec::max_depth; ++depth)
            if (found[depth].get()) keys.push_back({sha256, depth});
    };
    try {
        const std::string shallowest = blob_key_text({sha256, 0});
        engine_->list(shallowest.substr(0, shallowest.size() - 1), [&](std::string_view name, std::uint64_t) {
            if (const auto blob = remote::parse_blob_key(name))
                keys.push_back({sha256, static_cast<std::uint8_t>(blob->depth)});
        });
    } catch (const remote::UnsupportedError&) {
        ask_for_each();
    } catch (const remote::DeniedError&) {
        ask_for_each();
    }
    std::ranges::sort(keys);
    return keys;
}

std::optional<codec::BlobKey> Store::find_blob(const codec::Digest& sha256) {
    for (const codec::BlobKey& key : depths_of(sha256)) {
        try {
            open_blob(key);
            return key;
        } catch (const AbsentError&) {
        } catch (const DamagedError& error) {
            warn(error.fault() + "; it is written again");
        }
    }
    return std::nullopt;
}

void Store::put_blob(const codec::BlobKey& key, const remote::Body& body) {
    forget_blob(key);
    engine_->put(blob_key_text(key), body);
}

std::optional<PublishedModel> Store::find_latest(std::string_view model) {
    const std::string key = remote::latest_key(remote::ModelName::parse(model));
    const std::optional<codec::Bytes> bytes = read_object(key, pointer_limit);
    if (!bytes) return std::nullopt;
    const codec::Digest revision = checked(key, describe(), [&] {
        std::string_view text = codec::as_text(*bytes);
        if (!text.starts_with(latest_magic) || !text.ends_with('\n'))
            throw codec::CorruptError("it is no pointer");
        text.remove_prefix(latest_magic.size());
        text.remove_suffix(1);
        return codec::Digest::from_hex(text);
    });
    return PublishedModel{revision, manifest(model, revision)};
}

codec::Manifest Store::manifest(std::string_view model, const codec::Digest& revision) {
    const std::string key = remote::manifest_key(remote::ModelName::parse(model), revision.hex());
    const std::optional<codec::Bytes> bytes = read_object(key, codec::manifest_limit);
    if (!bytes) throw AbsentError(key + " is not in " + describe());
    return checked(key, describe(), [&] {
        if (codec::Sha256::of(*bytes) != revision) throw codec::CorruptError("it does not match its name");
        return codec::read_manifest(*bytes);
    });
}

codec::Digest Store::publish(const codec::Manifest& manifest) {
    const codec::Bytes bytes = codec::write_manifest(manifest);
    const codec::Digest revision = codec::Sha256::of(bytes);
    const auto model = remote::ModelName::parse(manifest.model);
    engine_->put(remote::manifest_key(model, revision.hex()), {.memory = bytes});
    const std::string pointer = std::string(latest_magic) + revision.hex() + '\n';
    engine_->put(remote::latest_key(model), {.memory = codec::as_bytes(pointer)});
    return revision;
}

}  // namespace bitx::agent
