#include "agent/push/base_lookup.hpp"

#include <algorithm>

namespace bitx::agent {

bool rows_line_up(const codec::Tensor& one, const codec::Tensor& other) {
    if (one.dtype != other.dtype || one.shape.size() != other.shape.size()) return false;
    return one.shape.empty() || std::equal(one.shape.begin() + 1, one.shape.end(), other.shape.begin() + 1);
}

void BaseModel::add(const std::string& path, const codec::Recipe& recipe, const std::string& label) {
    for (const codec::Segment& each : recipe.segments)
        if (const auto* range = std::get_if<codec::BlobRange>(&each)) blobs_.push_back(range->blob);
    // Tensors and segments are both in file order, so one walk finds all.
    std::uint64_t begin = 0;
    auto segment = recipe.segments.begin();
    for (const codec::Tensor& tensor : recipe.tensors) {
        if (tensor.length == 0) continue;
        while (segment != recipe.segments.end() && tensor.offset >= begin + codec::length(*segment))
            begin += codec::length(*segment++);
        if (segment == recipe.segments.end()) break;
        const auto* range = std::get_if<codec::BlobRange>(&*segment);
        if (range == nullptr || tensor.offset < begin ||
            tensor.offset + tensor.length > begin + range->length)
            continue;
        const codec::BlobRange place{range->blob, range->offset + (tensor.offset - begin), tensor.length};
        tensors_.emplace(tensor.name, Entry{tensor, path, {place, label}});
    }
    if (recipe.format != codec::FileFormat::opaque && !recipe.segments.empty())
        if (const auto* range = std::get_if<codec::BlobRange>(&recipe.segments.front()))
            headers_.insert_or_assign(path, BaseCandidate{*range, label});
}

std::optional<BaseCandidate> BaseModel::find(const std::string& path, const codec::Tensor& tensor) const {
    const Entry* best = nullptr;
    const auto [first, last] = tensors_.equal_range(tensor.name);
    for (auto entry = first; entry != last; ++entry) {
        if (!rows_line_up(entry->second.tensor, tensor)) continue;
        // Several files may have a tensor of that name: prefer the same path, then the first path by name.
        if (best == nullptr || entry->second.path == path ||
            (best->path != path && entry->second.path < best->path))
            best = &entry->second;
    }
    if (best == nullptr) return std::nullopt;
    BaseCandidate candidate = best->candidate;
    candidate.range.length = std::min(candidate.range.length, tensor.length);
    return candidate;
}

std::optional<BaseCandidate> BaseModel::find_header(const std::string& path) const {
    if (headers_.empty()) return std::nullopt;
    const auto found = headers_.find(path);
    return found != headers_.end() ? found->second : headers_.begin()->second;
}

}  // namespace bitx::agent
