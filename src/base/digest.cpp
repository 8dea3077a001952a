#include "base/digest.hpp"

#include "base/hex.hpp"

#include <openssl/evp.h>

#include <array>
#include <new>

namespace carrel::siem {

namespace {

struct free_context {
    void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};
using context = std::unique_ptr<EVP_MD_CTX, free_context>;

context make_context() {
    context made(EVP_MD_CTX_new());
    if (!made) throw std::bad_alloc();
    return made;
}

}  // namespace

struct digest::state {
    context sum = make_context();
};

digest::digest()
    : state_(std::make_unique<state>()) {
    EVP_DigestInit_ex(state_->sum.get(), EVP_sha256(), nullptr);
}
digest::digest(const digest& other)
    : state_(std::make_unique<state>()) {
    *this = other;
}
digest& digest::operator=(const digest& other) {
    EVP_MD_CTX_copy_ex(state_->sum.get(), other.state_->sum.get());
    return *this;
}
digest::~digest() = default;

void digest::update(std::string_view bytes) { EVP_DigestUpdate(state_->sum.get(), bytes.data(), bytes.size()); }

std::string digest::text() const {
    const context copy = make_context();
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes;
    unsigned size = 0;
    EVP_MD_CTX_copy_ex(copy.get(), state_->sum.get());
    EVP_DigestFinal_ex(copy.get(), bytes.data(), &size);
    std::string text;
    for (unsigned i = 0; i < size; ++i) {
        text.push_back(base::hex_digits[bytes[i] >> 4]);
        text.push_back(base::hex_digits[bytes[i] & 15]);
    }
    return text;
}

}  // namespace carrel::siem
