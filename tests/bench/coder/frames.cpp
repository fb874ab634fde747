#include "tests/bench/coder/frames.hpp"

#include <algorithm>
#include <fstream>
#include <map>

#include "codec/format/safetensors.hpp"

namespace bitx::bench {
namespace {

codec::Bytes read_file(const std::filesystem::path& path) {
    codec::Bytes bytes(std::filesystem::file_size(path));
    std::ifstream file(path, std::ios::binary);
    if (!file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size())))
        throw codec::Error("cannot read " + path.string());
    return bytes;
}

std::vector<codec::Tensor> tensors_of(codec::ByteView file) {
    const auto prefix = std::min(file.size(), codec::safetensors_prefix_size);
    const std::uint64_t length = codec::safetensors_header_length(file.first(prefix), file.size());
    return codec::parse_safetensors(file.subspan(prefix, length), file.size());
}

bool rows_line_up(const codec::Tensor& one, const codec::Tensor& other) {
    return one.dtype == other.dtype && one.shape.size() == other.shape.size() && !one.shape.empty() &&
           std::equal(one.shape.begin() + 1, one.shape.end(), other.shape.begin() + 1);
}

}  // namespace

Frames Frames::load(const std::filesystem::path& tuned, const std::filesystem::path& base) {
    Frames loaded;
    loaded.file = read_file(tuned);
    const codec::Bytes base_file = base.empty() ? codec::Bytes{} : read_file(base);
    std::map<std::string, codec::Tensor> counterparts;
    if (!base.empty())
        for (const codec::Tensor& tensor : tensors_of(base_file)) counterparts.emplace(tensor.name, tensor);
    for (const codec::Tensor& tensor : tensors_of(loaded.file)) {
        const codec::ByteView raw = codec::ByteView(loaded.file).subspan(tensor.offset, tensor.length);
        codec::ByteView theirs;
        const auto found = counterparts.find(tensor.name);
        if (found != counterparts.end() && rows_line_up(found->second, tensor))
            theirs = codec::ByteView(base_file).subspan(found->second.offset, found->second.length);
        if (std::ranges::equal(raw, theirs)) {
            loaded.equal += raw.size();
            continue;
        }
        const std::uint64_t row_length = tensor.shape.empty() ? 0 : tensor.shape.back();
        for (std::size_t at = 0; at < raw.size(); at += codec::frame_size) {
            const std::size_t size = std::min(codec::frame_size, raw.size() - at);
            Frame frame{tensor.dtype, raw.subspan(at, size), {}, {row_length, 0}};
            if (row_length != 0) frame.place.column = at / codec::width(tensor.dtype) % row_length;
            if (at < theirs.size()) {
                const codec::ByteView part = theirs.subspan(at, std::min(size, theirs.size() - at));
                frame.base.assign(part.begin(), part.end());
                frame.base.resize(size);
            }
            loaded.raw += size;
            loaded.frames.push_back(std::move(frame));
        }
    }
    return loaded;
}

}  // namespace bitx::bench
