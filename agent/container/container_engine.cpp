#include "agent/container/container_engine.hpp"

#include <algorithm>

#include "agent/error.hpp"
#include "codec/error.hpp"
#include "remote/identity.hpp"
#include "remote/layout.hpp"

namespace bitx::agent {
namespace {

constexpr std::size_t piece_size = 1 << 20;

// Nothing in a container ever changes.
constexpr const char* only_version = "1";

}  // namespace

ContainerEngine::ContainerEngine(File& file, Mode mode, std::string name, const PlainBase* base)
    : file_(file),
      name_(std::move(name)),
      base_(base),
      identity_(remote::format_identity({.id = std::string(32, '0'), .required_features = {}})) {
    if (mode == Mode::create) {
        append(codec::container_start());
        return;
    }
    try {
        const auto read = [&](std::uint64_t offset, codec::MutableByteView out) { file_.read(offset, out); };
        for (codec::ContainerEntry& entry : codec::read_container(file_.size(), read))
            entries_.emplace(entry.key, entry);
    } catch (const codec::UnsupportedError& error) {
        throw Error(name_ + " cannot be read: " + error.what() + "; update git-bitx");
    } catch (const codec::CorruptError& error) {
        throw Error(name_ + " is damaged, or was not written by 'git bitx compress': " + error.what());
    }
}

void ContainerEngine::append(codec::ByteView bytes) {
    file_.write(end_, bytes);
    end_ += bytes.size();
}

std::optional<remote::ObjectInfo> ContainerEngine::head(std::string_view key) {
    if (key == remote::identity_key) return remote::ObjectInfo{identity_.size(), only_version};
    {
        const std::lock_guard lock(mutex_);
        if (const auto found = entries_.find(key); found != entries_.end())
            return remote::ObjectInfo{found->second.size, only_version};
    }
    if (const auto size = base_ == nullptr ? std::nullopt : base_->size(key))
        return remote::ObjectInfo{*size, only_version};
    return std::nullopt;
}

remote::ObjectInfo ContainerEngine::get(std::string_view key, remote::ByteRange range,
                                        const remote::Sink& sink, std::string_view) {
    const std::optional<remote::ObjectInfo> info = head(key);
    if (!info) throw remote::AbsentError(std::string(key) + " is not in " + name_);
    range.offset = std::min(range.offset, info->size);
    range.length = std::min(range.length, info->size - range.offset);
    if (key == remote::identity_key) {
        sink(codec::as_bytes(identity_).subspan(range.offset, range.length));
        return *info;
    }
    std::optional<codec::ContainerEntry> entry;
    {
        const std::lock_guard lock(mutex_);
        if (const auto found = entries_.find(key); found != entries_.end()) entry = found->second;
    }
    if (!entry) {
        base_->read(key, range, sink);
        return *info;
    }
    codec::Bytes piece;
    for (std::uint64_t done = 0; done < range.length; done += piece.size()) {
        piece.resize(std::min<std::uint64_t>(piece_size, range.length - done));
        file_.read(entry->offset + range.offset + done, piece);
        sink(piece);
    }
    return *info;
}

remote::PutResult ContainerEngine::put(std::string_view key, const remote::Body& body, remote::PutMode) {
    if (head(key)) return remote::PutResult::existed;
    std::optional<File> rest;
    if (!body.file.empty()) rest.emplace(body.file, File::Mode::read);
    const std::uint64_t rest_size = rest ? rest->size() : 0;
    const std::lock_guard lock(mutex_);
    if (entries_.contains(key)) return remote::PutResult::existed;
    append(codec::container_entry_head(key, body.memory.size() + rest_size));
    codec::ContainerEntry entry{std::string(key), end_, body.memory.size() + rest_size};
    append(body.memory);
    codec::Bytes piece;
    for (std::uint64_t done = 0; done < rest_size; done += piece.size()) {
        piece.resize(std::min<std::uint64_t>(piece_size, rest_size - done));
        rest->read(done, piece);
        append(piece);
    }
    entries_.emplace(entry.key, entry);
    return remote::PutResult::written;
}

void ContainerEngine::list(std::string_view prefix,
                           const std::function<void(std::string_view key, std::uint64_t size)>& each) {
    const std::lock_guard lock(mutex_);
    for (const auto& [key, entry] : entries_)
        if (key.starts_with(prefix)) each(key, entry.size);
}

void ContainerEngine::remove(std::string_view key) {
    throw remote::UnsupportedError(std::string(key) + " cannot be removed from " + name_);
}

}  // namespace bitx::agent
