#include "codec/object/manifest.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace bitx::codec {
namespace {

constexpr std::string_view magic = "bitx manifest ";
constexpr std::string_view version = "1";

// Bytes that would end a field, and those that no terminal should see, are written as %XX: all but visible
// ASCII, so that the canonical bytes do not depend on whether char is signed.
bool plain(char c) {
    return c > ' ' && c < '\x7f' && c != '%';
}

std::string escape(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string escaped;
    for (const char c : text) {
        if (plain(c)) {
            escaped += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            escaped += {'%', digits[byte >> 4], digits[byte & 15]};
        }
    }
    return escaped;
}

std::string unescape(std::string_view text) {
    std::string plain_text;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            plain_text += text[i];
            continue;
        }
        unsigned value = 0;
        const std::string_view digits = text.substr(i + 1, 2);
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
        if (digits.size() != 2 || error != std::errc() || end != digits.data() + 2)
            throw CorruptError("a path in it is not escaped as it should be");
        plain_text += static_cast<char>(value);
        i += 2;
    }
    return plain_text;
}

std::string_view take_until(std::string_view& rest, char end) {
    const std::size_t at = rest.find(end);
    if (at == std::string_view::npos) throw CorruptError("a line of it is incomplete");
    const std::string_view taken = rest.substr(0, at);
    rest.remove_prefix(at + 1);
    return taken;
}

void expect(std::string_view& rest, std::string_view word) {
    if (!rest.starts_with(word)) throw CorruptError("it lacks '" + std::string(word) + "'");
    rest.remove_prefix(word.size());
}

ManifestFile read_file(std::string_view& rest) {
    expect(rest, "file ");
    ManifestFile file;
    file.oid = Digest::from_hex(take_until(rest, ' '));
    const std::string_view size = take_until(rest, ' ');
    const auto [end, error] = std::from_chars(size.data(), size.data() + size.size(), file.size);
    if (error != std::errc() || end != size.data() + size.size())
        throw CorruptError("a size in it is not a number");
    file.path = unescape(take_until(rest, '\n'));
    return file;
}

// What write_manifest refuses to write and read_manifest to read; nothing where the manifest is well-formed.
std::optional<std::string> fault(const Manifest& manifest) {
    const auto hexadecimal = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
    if (!std::ranges::all_of(manifest.commit, hexadecimal)) return "its commit is not a hexadecimal id";
    const auto twice = std::ranges::adjacent_find(manifest.files, {}, &ManifestFile::path);
    if (twice != manifest.files.end()) return "it has two files at " + escape(twice->path);
    return std::nullopt;
}

}  // namespace

Bytes write_manifest(Manifest manifest) {
    std::ranges::sort(manifest.files, {}, &ManifestFile::path);
    if (const auto found = fault(manifest)) throw Error("the manifest cannot be written: " + *found);
    std::string text(magic);
    text.append(version).append("\nmodel ").append(escape(manifest.model));
    text.append("\ncommit ").append(manifest.commit).append("\n");
    for (const ManifestFile& file : manifest.files)
        text += "file " + file.oid.hex() + ' ' + std::to_string(file.size) + ' ' + escape(file.path) + '\n';
    if (text.size() > manifest_limit) throw Error("the manifest cannot be written: it is beyond its limit");
    const ByteView bytes = as_bytes(text);
    return {bytes.begin(), bytes.end()};
}

Manifest read_manifest(ByteView bytes) {
    if (bytes.size() > manifest_limit) throw CorruptError("it is beyond its limit");
    std::string_view rest = as_text(bytes);
    if (!rest.starts_with(magic)) throw CorruptError("it is not a manifest");
    rest.remove_prefix(magic.size());
    if (take_until(rest, '\n') != version) throw UnsupportedError("it is a manifest of a newer format");
    Manifest manifest;
    expect(rest, "model ");
    manifest.model = unescape(take_until(rest, '\n'));
    expect(rest, "commit ");
    manifest.commit = take_until(rest, '\n');
    while (!rest.empty()) manifest.files.push_back(read_file(rest));
    std::ranges::sort(manifest.files, {}, &ManifestFile::path);
    if (const auto found = fault(manifest)) throw CorruptError(*found);
    if (!std::ranges::equal(write_manifest(manifest), bytes))
        throw CorruptError("it is not in its canonical form");
    return manifest;
}

}  // namespace bitx::codec
