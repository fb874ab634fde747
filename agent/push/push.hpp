#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "agent/concurrency/resources.hpp"
#include "agent/local/local_sources.hpp"
#include "agent/progress.hpp"
#include "agent/push/base_lookup.hpp"
#include "agent/push/known_blobs.hpp"
#include "agent/push/report.hpp"
#include "agent/settings.hpp"
#include "agent/store/blob_reader.hpp"
#include "agent/store/store.hpp"

namespace bitx::agent {

/// What a file may be coded against: its path in the repository, and models in the order in which they are
/// asked.
struct FileBases {
    std::string path;
    std::vector<std::shared_ptr<const BaseModel>> models;
};

/// An object that git-lfs asks to store.
struct PushedFile {
    codec::Digest oid;
    std::uint64_t size = 0;
    std::filesystem::path path;  ///< where its bytes are on this machine
};

/// Stores files, one after the other; remembers between them what the store has.
///
/// The order of writing is what keeps a store sound (design, I2): a blob's bases are in the store before it,
/// all blobs are durable before the recipe that names them, and the recipe is written only when the file that
/// was read has the digest that git-lfs named (I3).
class Push {
  public:
    /// `spool_directory` takes temporary files of blobs whose raw bytes do not fit settings.memory. Bases are
    /// read from `local`, where they are there; it may be null.
    Push(Store& store, const Settings& settings, std::filesystem::path spool_directory, std::stop_token stop,
         LocalSources* local = nullptr);

    /// `bases` is asked only where the file is not in the store.
    FileReport push(const PushedFile& file, const std::function<FileBases()>& bases,
                    const Progress& progress);

    Resources& resources() { return resources_; }

  private:
    friend class FilePush;

    bool is_stored(const PushedFile& file, FileReport& report);
    void check_chain(const codec::BlobKey& key, std::set<codec::BlobKey>& checked);

    Store& store_;
    Settings settings_;
    std::filesystem::path spool_directory_;
    std::stop_token stop_;
    KnownBlobs known_;
    Resources resources_;
    BlobReader reader_;
};

}  // namespace bitx::agent
