#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/store/blob_cache.hpp"
#include "codec/object/blob.hpp"
#include "codec/object/manifest.hpp"
#include "codec/object/recipe.hpp"
#include "remote/engine.hpp"

namespace bitx::agent {

/// A blob of a store with its header, pinned to the version that was read.
struct OpenBlob {
    codec::BlobKey key;
    codec::BlobHeader header;
    std::uint64_t header_length = 0;
    codec::FrameIndex index;
    std::string version;
};

/// Stored bytes of a blob.
struct StoredBytes {
    codec::Bytes bytes;
    bool cached = false;  ///< they did not come from the store
};

/// A published revision of a model.
struct PublishedModel {
    codec::Digest revision;
    codec::Manifest manifest;
};

/// The store of this repository: an engine with our layout, whose objects are read and written as values of
/// the codec. Every read is checked whole; what is absent throws AbsentError, what is damaged DamagedError,
/// each naming object and store. May be used from several threads.
class Store {
  public:
    /// Throws remote::LayoutError where the engine holds no store of ours.
    explicit Store(std::unique_ptr<remote::Engine> engine);

    const std::string& id() const { return id_; }
    std::string describe() const { return engine_->describe(); }
    remote::Engine& engine() { return *engine_; }

    std::optional<codec::Recipe> find_recipe(const codec::Digest& oid);
    codec::Recipe recipe(const codec::Digest& oid);
    /// Returns the bytes that it takes in the store.
    std::uint64_t put_recipe(const codec::Recipe& recipe);
    /// Bytes that a recipe takes in the store.
    std::uint64_t recipe_size(const codec::Digest& oid);
    /// Makes an object that was found, not written, as durable as one that was.
    void settle_recipe(const codec::Digest& oid);
    void settle_blob(const codec::BlobKey& key);

    /// From now on open_blob and read_stored look there first, and what read_stored is told to keep is kept
    /// there. Not for pushes: what a cache has may be gone from the store.
    void use_cache(std::unique_ptr<BlobCache> cache) { cache_ = std::move(cache); }
    /// Drops a blob from the cache. False where it was not there.
    bool forget_cached(const codec::BlobKey& key);

    /// The blob's header, from memory where it was read before. Where it was not, `wanted` bytes behind it
    /// are fetched with it, for read_stored(): worth a request for a blob that is read at once and as a
    /// whole.
    std::shared_ptr<const OpenBlob> open_blob(const codec::BlobKey& key, std::uint64_t wanted = 0);
    /// Forgets what open_blob keeps of a blob: another version of it was seen.
    void forget_blob(const codec::BlobKey& key);
    /// Delivers stored bytes of an open blob; throws remote::ChangedError when it is another version now.
    StoredBytes read_stored(const OpenBlob& blob, std::uint64_t offset, std::uint64_t length,
                            bool keep = false);

    /// The shallowest sound stored form of some raw bytes, if there is one. A damaged one counts as absent,
    /// so that it is written again, and is reported on stderr.
    std::optional<codec::BlobKey> find_blob(const codec::Digest& sha256);
    void put_blob(const codec::BlobKey& key, const remote::Body& body);

    std::optional<PublishedModel> find_latest(std::string_view model);
    codec::Manifest manifest(std::string_view model, const codec::Digest& revision);
    /// Stores a manifest and makes it its model's latest revision.
    codec::Digest publish(const codec::Manifest& manifest);

  private:
    std::vector<codec::BlobKey> depths_of(const codec::Digest& sha256);
    std::shared_ptr<const OpenBlob> find_cached(const codec::BlobKey& key);
    std::shared_ptr<const OpenBlob> remember(std::shared_ptr<const OpenBlob> blob);
    void keep_header(const OpenBlob& blob);
    void keep_beginning(const OpenBlob& blob, codec::Bytes bytes);
    codec::Bytes take_beginning(const OpenBlob& blob, std::uint64_t offset, std::uint64_t length);

    std::optional<codec::Bytes> read_object(std::string_view key, std::uint64_t limit);

    std::unique_ptr<remote::Engine> engine_;
    std::string id_;
    std::unique_ptr<BlobCache> cache_;
    std::mutex mutex_;
    std::map<codec::BlobKey, std::shared_ptr<const OpenBlob>> open_blobs_;
    /// Stored bytes that came with a blob's header.
    struct Beginning {
        codec::BlobKey key;
        std::string version;
        std::uint64_t offset = 0;
        codec::Bytes bytes;
    };
    std::deque<Beginning> beginnings_;  ///< the oldest first
    std::uint64_t beginnings_size_ = 0;
};

/// How messages name a blob: its key in the store.
std::string blob_key_text(const codec::BlobKey& key);

}  // namespace bitx::agent
