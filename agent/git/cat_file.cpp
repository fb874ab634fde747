#include "agent/git/cat_file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/error.hpp"

namespace bitx::agent {

CatFile::~CatFile() {
    try {
        stop();
    } catch (const Error&) {  // a child that cannot be waited for leaves nothing to do
        child_ = -1;
    }
}

void CatFile::start() {
    std::array<int, 2> requests{};  // a socket, so that a child that has ended is an error and not SIGPIPE
    std::array<int, 2> answers{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, requests.data()) != 0 ||
        ::pipe2(answers.data(), O_CLOEXEC) != 0) {
        throw Error(std::string("cannot make a pipe: ") + std::strerror(errno));
    }
    to_child_ = Descriptor(requests[0]);
    from_child_ = Descriptor(answers[0]);
    const Descriptor child_input(requests[1]);
    const Descriptor child_output(answers[1]);
    buffer_.clear();
    ChildSetup setup;
    setup.input = child_input.get();
    setup.output = child_output.get();
    setup.errors = STDERR_FILENO;
    setup.directory = directory_;
    child_ = start_child({"git", "cat-file", "--batch"}, setup);
}

void CatFile::stop() {
    to_child_.reset();
    from_child_.reset();
    if (child_ > 0) wait_for_child(std::exchange(child_, -1));
}

void CatFile::ask(std::string_view name) {
    const std::string request = std::string(name) + "\n";
    std::string_view rest = request;
    while (!rest.empty()) {
        const ssize_t sent = ::send(to_child_.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) return;  // the child has ended: reading its answer says so
        rest.remove_prefix(static_cast<std::size_t>(sent));
    }
}

void CatFile::fill() {
    std::array<char, 65536> piece;
    while (true) {
        const ssize_t got = ::read(from_child_.get(), piece.data(), piece.size());
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) throw Error("git cat-file ended");
        buffer_.append(piece.data(), static_cast<std::size_t>(got));
        return;
    }
}

std::string CatFile::answer_line() {
    while (buffer_.find('\n') == std::string::npos) fill();
    const std::size_t end = buffer_.find('\n');
    std::string line = buffer_.substr(0, end);
    buffer_.erase(0, end + 1);
    return line;
}

std::optional<CatFile::Object> CatFile::read(std::string_view name, std::uint64_t limit) {
    if (name.empty() || name.find('\n') != std::string_view::npos) return std::nullopt;
    if (child_ < 0) start();
    try {
        ask(name);
        const std::string line = answer_line();
        if (line.ends_with(" missing") || line.ends_with(" ambiguous")) return std::nullopt;
        const std::size_t type_at = line.find(' ');
        const std::size_t size_at = line.rfind(' ');
        Object object;
        object.type = line.substr(type_at + 1, size_at - type_at - 1);
        const auto [end, error] =
            std::from_chars(line.data() + size_at + 1, line.data() + line.size(), object.size);
        if (type_at == size_at || error != std::errc() || end != line.data() + line.size()) {
            throw Error("git cat-file answered '" + line + "'");
        }
        std::uint64_t left = object.size + 1;  // and the line feed that follows
        while (left > 0) {
            if (buffer_.empty()) fill();
            const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left, buffer_.size()));
            if (object.size <= limit) object.bytes.append(buffer_, 0, count);
            buffer_.erase(0, count);
            left -= count;
        }
        if (object.size <= limit) object.bytes.pop_back();
        return object;
    } catch (const Error& error) {
        stop();
        throw Error("cannot read '" + std::string(name) + "' from git: " + error.what() +
                    "; in a partial clone, check that its remote answers");
    }
}

}  // namespace bitx::agent
