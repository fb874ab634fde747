#include "agent/model/local_model.hpp"

#include <algorithm>
#include <stop_token>

#include "agent/error.hpp"
#include "agent/file.hpp"
#include "agent/push/push.hpp"

namespace bitx::agent {

namespace {

namespace fs = std::filesystem;

bool is_hidden(const fs::path& relative) {
    return std::ranges::any_of(relative, [](const fs::path& part) { return part.string().starts_with('.'); });
}

bool has_content(const fs::path& path) {
    std::error_code error;
    return fs::is_regular_file(path, error) && fs::file_size(path, error) > 0 && !error;
}

}  // namespace

std::vector<LocalFile> local_model_files(const fs::path& path) {
    std::vector<LocalFile> files;
    if (fs::is_directory(path)) {
        for (const fs::directory_entry& entry : fs::recursive_directory_iterator(path)) {
            const fs::path relative = entry.path().lexically_relative(path);
            if (is_hidden(relative) || !has_content(entry.path())) continue;
            files.push_back({relative.generic_string(), entry.path()});
        }
        const auto is_other = [](const LocalFile& file) { return file.path.extension() != ".safetensors"; };
        if (!std::ranges::all_of(files, is_other)) std::erase_if(files, is_other);
        std::ranges::sort(files, {}, &LocalFile::name);
    } else if (has_content(path)) {
        files.push_back({path.filename().string(), path});
    }
    if (files.empty())
        throw Error("'" + path.string() + "' is no file with content and no folder that has one");
    return files;
}

Publication publish_local_model(Session& session, const ModelName& model, const fs::path& path) {
    const fs::path spool = session.repository.bitx_dir() / "partial";
    Push push(*session.store, session.settings, spool, std::stop_token());
    codec::Manifest manifest;
    manifest.model = model.text();
    Publication publication;
    for (const LocalFile& local : local_model_files(path)) {
        const File file(local.path, File::Mode::read);
        const PushedFile pushed{digest_of(file), file.size(), local.path};
        push.push(
            pushed,
            [&] {
                return FileBases{local.name, {}};
            },
            [](std::uint64_t) {});
        manifest.files.push_back({local.name, pushed.size, pushed.oid});
        publication.size += pushed.size;
    }
    publication.files = manifest.files.size();
    publication.revision = session.store->publish(manifest);
    return publication;
}

}  // namespace bitx::agent
