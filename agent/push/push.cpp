#include "agent/push/push.hpp"

#include "agent/error.hpp"
#include "agent/message.hpp"
#include "agent/push/file_push.hpp"

namespace bitx::agent {

Push::Push(Store& store, const Settings& settings, std::filesystem::path spool_directory,
           std::stop_token stop, LocalSources* local)
    : store_(store),
      settings_(settings),
      spool_directory_(std::move(spool_directory)),
      stop_(std::move(stop)),
      resources_(settings),
      reader_(store, resources_, local == nullptr ? nullptr : &local->blobs()) {}

FileReport Push::push(const PushedFile& file, const std::function<FileBases()>& find_bases,
                      const Progress& progress) {
    const auto busy = resources_.busy_clock().span();
    FileReport report{.oid = file.oid, .raw = file.size};
    if (is_stored(file, report)) {
        resources_.means().add(Means::known, file.size);
        return report;
    }
    const FileBases bases = find_bases();
    for (const auto& model : bases.models)
        for (const codec::BlobKey& key : model->blobs()) known_.add(key);
    return FilePush(*this, file, bases, progress).run();
}

// Whether the store has the recipe and, sound, every blob that it needs. What is damaged is reported and
// pushed again.
bool Push::is_stored(const PushedFile& file, FileReport& report) {
    try {
        const std::optional<codec::Recipe> recipe = store_.find_recipe(file.oid);
        if (!recipe) return false;
        std::vector<codec::BlobKey> keys;
        for (const codec::Segment& segment : recipe->segments)
            if (const auto* range = std::get_if<codec::BlobRange>(&segment)) keys.push_back(range->blob);
        std::ranges::sort(keys);
        keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
        resources_.pool().parallel_for(keys.size(), [&](std::size_t i) {
            std::set<codec::BlobKey> checked;
            check_chain(keys[i], checked);
        });
        store_.settle_recipe(file.oid);
        report.known = true;
        report.format = recipe->format;
        return true;
    } catch (const StoredObjectError& error) {
        warn(error.fault() + "; it is written again");
    }
    return false;
}

// Opens the blob and all that it is built from, each once: many members of a bundle share their base, and so
// do many of that one's.
void Push::check_chain(const codec::BlobKey& key, std::set<codec::BlobKey>& checked) {
    if (!checked.insert(key).second) return;
    const auto blob = store_.open_blob(key);
    for (const codec::Member& member : blob->header.members)
        if (member.base) check_chain(member.base->blob, checked);
}

}  // namespace bitx::agent
