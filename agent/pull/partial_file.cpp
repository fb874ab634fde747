#include "agent/pull/partial_file.hpp"

#include <algorithm>
#include <charconv>
#include <system_error>

#include "agent/error.hpp"
#include "agent/unique_name.hpp"
#include "codec/hash.hpp"

namespace bitx::agent {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view journal_suffix = ".journal";
// A line takes a write, and a smaller part is built again sooner than looked up.
constexpr std::size_t least_part = 256 << 10;
constexpr std::uint64_t journal_limit = 16 << 20;

void make_directory(const fs::path& directory, const FileModes& modes) {
    std::error_code error;
    if (fs::exists(directory)) return;
    fs::create_directories(directory, error);
    if (!error) fs::permissions(directory, static_cast<fs::perms>(modes.directory), error);
    if (error) throw Error("cannot create " + directory.string() + ": " + error.message());
}

// The journal, locked; nothing where another process has it.
std::optional<File> lock_journal(const fs::path& path, const FileModes& modes) {
    make_directory(path.parent_path(), modes);
    for (;;) {
        File journal(path, File::Mode::update);
        if (!journal.try_lock()) return std::nullopt;
        if (journal.is_at_path()) return journal;  // else its owner completed and removed it meanwhile
    }
}

// "offset length checksum"; nothing for a line that a crash cut off.
std::optional<PartialFile::Part> parse(std::string_view line, std::uint64_t size) {
    PartialFile::Part part;
    for (std::uint64_t* number : {&part.offset, &part.length, &part.checksum}) {
        const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), *number);
        if (error != std::errc()) return std::nullopt;
        line.remove_prefix(static_cast<std::size_t>(end - line.data()));
        if (line.empty() || line.front() != (number == &part.checksum ? '.' : ' ')) return std::nullopt;
        line.remove_prefix(1);
    }
    if (!line.empty() || part.offset > size || part.length > size - part.offset) return std::nullopt;
    return part;
}

}  // namespace

PartialFile::PartialFile(const fs::path& directory, const std::string& name, std::uint64_t size,
                         const FileModes& modes)
    : journal_(lock_journal(directory / (name + std::string(journal_suffix)), modes)) {
    if (journal_ && fs::exists(directory / name)) read_journal(size);
    if (journal_ && parts_.empty()) {
        std::error_code ignored;
        fs::remove(directory / name, ignored);
        journal_->resize(journal_size_ = 0);
    }
    file_.emplace(directory / (journal_ ? name : name + '-' + unique_name()), File::Mode::update);
    file_->try_lock();
    file_->set_permissions(modes.file);
    file_->resize(size);
}

PartialFile::~PartialFile() {
    if (completed_ || (journal_ && journal_size_ > 0)) return;
    std::error_code ignored;
    if (file_) fs::remove(file_->path(), ignored);
    if (journal_) fs::remove(journal_->path(), ignored);
}

void PartialFile::read_journal(std::uint64_t size) {
    std::string text(std::min(journal_->size(), journal_limit), '\0');
    journal_->read(0, std::as_writable_bytes(std::span(text)));
    const std::size_t end = text.rfind('\n') + 1;  // 0 where there is none
    journal_size_ = end;                           // a line that was cut off is written over
    for (std::string_view rest = std::string_view(text).substr(0, end); !rest.empty();) {
        const std::size_t line = rest.find('\n');
        if (const auto part = parse(rest.substr(0, line), size)) parts_.push_back(*part);
        rest.remove_prefix(line + 1);
    }
}

bool PartialFile::holds(const Part& part) const {
    codec::Bytes bytes(part.length);
    file_->read(part.offset, bytes);
    return codec::checksum(bytes) == part.checksum;
}

void PartialFile::write(std::uint64_t offset, codec::ByteView bytes) {
    file_->write(offset, bytes);
    if (!journal_ || bytes.size() < least_part) return;
    const std::string line = std::to_string(offset) + ' ' + std::to_string(bytes.size()) + ' ' +
                             std::to_string(codec::checksum(bytes)) + ".\n";
    const std::lock_guard lock(mutex_);
    journal_->write(journal_size_, codec::as_bytes(line));
    journal_size_ += line.size();
}

fs::path PartialFile::complete() {
    if (!journal_) {
        completed_ = true;
        return file_->path();
    }
    // Under a name of its own: what has the other name belongs to whoever holds the journal.
    const fs::path path = file_->path().string() + '-' + unique_name();
    fs::rename(file_->path(), path);
    completed_ = true;
    std::error_code ignored;
    fs::remove(journal_->path(), ignored);
    return path;
}

void remove_stale_files(const fs::path& directory) {
    const auto now = fs::file_time_type::clock::now();
    std::error_code ignored;
    for (const fs::directory_entry& entry : fs::directory_iterator(directory, ignored)) {
        const std::string name = entry.path().filename().string();
        const bool resumable = name.find('-') == std::string::npos;
        const auto age = resumable ? std::chrono::hours(24 * 7) : std::chrono::hours(1);
        if (!entry.is_regular_file(ignored) || entry.last_write_time(ignored) > now - age) continue;
        try {
            if (File(entry.path(), File::Mode::read).try_lock()) fs::remove(entry.path(), ignored);
        } catch (const Error&) {  // somebody else's, or gone meanwhile
        }
    }
}

}  // namespace bitx::agent
