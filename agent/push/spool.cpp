#include "agent/push/spool.hpp"

#include "agent/unique_name.hpp"

namespace bitx::agent {

Spool::Spool(const std::filesystem::path& directory) {
    std::filesystem::create_directories(directory);
    file_.emplace(directory / ("spool-" + unique_name()), File::Mode::create, 0600);
    file_->try_lock();  // for who removes what dead processes left
}

Spool::~Spool() {
    if (!file_) return;
    std::error_code ignored;
    std::filesystem::remove(file_->path(), ignored);
}

void Spool::append(codec::ByteView bytes) {
    if (file_)
        file_->write(size_, bytes);
    else
        memory_.insert(memory_.end(), bytes.begin(), bytes.end());
    size_ += bytes.size();
}

remote::Body Spool::body(codec::Bytes& header) const {
    if (file_) return {.memory = header, .file = file_->path()};
    header.insert(header.end(), memory_.begin(), memory_.end());
    return {.memory = header};
}

}  // namespace bitx::agent
