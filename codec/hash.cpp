#include "codec/hash.hpp"

#include <stdexcept>
#include <utility>

#include <openssl/evp.h>
#include <xxhash.h>

namespace bitx::codec {

std::string Digest::hex() const {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(2 * bytes.size());
    for (const std::byte byte : bytes) {
        text += digits[std::to_integer<unsigned>(byte >> 4)];
        text += digits[std::to_integer<unsigned>(byte & std::byte{15})];
    }
    return text;
}

Digest Digest::from_hex(std::string_view text) {
    Digest digest;
    if (text.size() != 2 * digest.bytes.size())
        throw CorruptError("not a SHA-256: it needs 64 hexadecimal digits");
    const auto nibble = [](char c) -> unsigned {
        if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
        if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
        throw CorruptError("not a SHA-256: it needs 64 hexadecimal digits");
    };
    for (std::size_t i = 0; i < digest.bytes.size(); ++i)
        digest.bytes[i] = std::byte(nibble(text[2 * i]) << 4 | nibble(text[2 * i + 1]));
    return digest;
}

struct Sha256::Context {
    Context() : evp(EVP_MD_CTX_new()) {
        if (evp == nullptr || EVP_DigestInit_ex(evp, EVP_sha256(), nullptr) != 1)
            throw std::runtime_error("libcrypto has no SHA-256");
    }
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;
    ~Context() { EVP_MD_CTX_free(evp); }

    EVP_MD_CTX* evp;
};

Sha256::Sha256() : context_(std::make_unique<Context>()) {}
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;
Sha256::~Sha256() = default;

void Sha256::update(ByteView bytes) {
    if (EVP_DigestUpdate(context_->evp, bytes.data(), bytes.size()) != 1)
        throw std::runtime_error("libcrypto could not update a SHA-256");
}

Digest Sha256::finish() {
    Digest digest;
    if (EVP_DigestFinal_ex(context_->evp, reinterpret_cast<unsigned char*>(digest.bytes.data()), nullptr) !=
        1)
        throw std::runtime_error("libcrypto could not finish a SHA-256");
    return digest;
}

Digest Sha256::of(ByteView bytes) {
    Sha256 hash;
    hash.update(bytes);
    return hash.finish();
}

std::uint64_t checksum(ByteView bytes) {
    return XXH3_64bits(bytes.data(), bytes.size());
}

}  // namespace bitx::codec
