#include "remote/http/authorization.hpp"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <utility>

namespace bitx::remote {
namespace {

constexpr int most_questions = 2;  // the first answer, and another when the server refuses it

bool names_scheme(std::string_view challenge, std::string_view scheme) {
    const auto lower = [](unsigned char c) { return static_cast<char>(std::tolower(c)); };
    std::string text(challenge);
    std::ranges::transform(text, text.begin(), lower);
    for (std::size_t at = 0; (at = text.find(scheme, at)) != std::string::npos; ++at) {
        const char before = at == 0 ? ' ' : text[at - 1];
        const std::size_t end = at + scheme.size();
        const char after = end == text.size() ? ' ' : text[end];
        if ((before == ' ' || before == ',') && (after == ' ' || after == ',')) return true;
    }
    return false;
}

}  // namespace

std::string base64(std::string_view bytes) {
    constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t group = 0;
        for (std::size_t j = 0; j < 3; ++j) {
            group = group << 8U | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0U);
        }
        for (std::size_t j = 0; j < 4; ++j) {
            text += j <= bytes.size() - i ? digits[group >> (18 - 6 * j) & 63U] : '=';
        }
    }
    return text;
}

HttpAuthorization::HttpAuthorization(CredentialRequest request, CredentialSource* source,
                                     std::optional<Credential> fixed)
    : request_(std::move(request)), source_(source), fixed_(std::move(fixed)) {}

std::string HttpAuthorization::value() const {
    const std::lock_guard lock(mutex_);
    return value_;
}

bool HttpAuthorization::refused(std::string_view challenge, const std::string& used) {
    const std::lock_guard lock(mutex_);
    if (value_ != used) return true;  // another thread has asked meanwhile
    const bool basic = names_scheme(challenge, "basic");
    if (!basic && !names_scheme(challenge, "bearer")) return false;
    if (filled_) {
        if (source_ != nullptr) source_->reject(request_, *filled_);
        filled_.reset();
        value_.clear();
        approved_ = false;
    }
    std::optional<Credential> credential = std::exchange(fixed_, std::nullopt);
    if (!credential) {
        if (source_ == nullptr || asked_++ >= most_questions) return false;
        filled_ = source_->fill(request_);
        credential = filled_;
    }
    if (!credential) return false;
    value_ = basic ? "Basic " + base64(credential->user + ":" + credential->secret)
                   : "Bearer " + credential->secret;
    return true;
}

void HttpAuthorization::accepted(const std::string& used) {
    const std::lock_guard lock(mutex_);
    if (!filled_ || approved_ || value_ != used) return;
    approved_ = true;
    asked_ = 0;  // what was accepted may expire, and be asked for again
    source_->approve(request_, *filled_);
}

}  // namespace bitx::remote
