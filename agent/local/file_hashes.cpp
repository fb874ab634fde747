#include "agent/local/file_hashes.hpp"

#include <cstdlib>
#include <fstream>

#include "agent/error.hpp"
#include "agent/file.hpp"
#include "codec/error.hpp"

namespace bitx::agent {

namespace fs = std::filesystem;

fs::path user_cache_directory() {
    // NOLINTBEGIN(concurrency-mt-unsafe): nobody sets variables
    if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache == '/')
        return fs::path(cache) / "git-bitx";
    if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/')
        return fs::path(home) / ".cache" / "git-bitx";
    // NOLINTEND(concurrency-mt-unsafe)
    return {};
}

// A line: digest, version (numbers, each followed by a blank), '|', path.
FileHashes::FileHashes(fs::path memory) : memory_(std::move(memory)) {
    std::ifstream in(memory_);
    for (std::string line; std::getline(in, line);) {
        const std::size_t bar = line.find('|');
        if (bar == std::string::npos || bar < 65 || line[64] != ' ') continue;
        try {
            entries_[line.substr(bar + 1)] = {line.substr(65, bar - 65),
                                              codec::Digest::from_hex(line.substr(0, 64))};
        } catch (const codec::CorruptError&) {
            continue;
        }
    }
}

std::optional<codec::Digest> FileHashes::of(const fs::path& path) {
    try {
        const File file(path, File::Mode::read);
        const std::string version = file.version();
        Entry& entry = entries_[path.string()];
        if (entry.version == version) return entry.digest;
        const codec::Digest digest = digest_of(file);
        if (file.version() != version) return std::nullopt;  // being written
        entry = {version, digest};
        if (path.string().find('\n') == std::string::npos && !memory_.empty()) {
            std::error_code ignored;
            fs::create_directories(memory_.parent_path(), ignored);
            std::ofstream(memory_, std::ios::app)
                << digest.hex() + ' ' + version + '|' + path.string() + '\n';
        }
        return digest;
    } catch (const Error&) {
        return std::nullopt;
    }
}

}  // namespace bitx::agent
