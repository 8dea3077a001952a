#include "base/secret_box.hpp"

#include "base/base64url.hpp"
#include "base/private_file.hpp"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace carrel::base {
namespace {

constexpr std::size_t key_bytes = crypto_aead_xchacha20poly1305_ietf_KEYBYTES;
constexpr std::size_t nonce_bytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t tag_bytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::size_t hex_bytes = 2 * key_bytes;
constexpr std::string_view version = "v1.";

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

class descriptor {
public:
    explicit descriptor(int number) noexcept
        : number_(number) {}
    descriptor(const descriptor&) = delete;
    descriptor& operator=(const descriptor&) = delete;
    ~descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    int number() const noexcept { return number_; }

private:
    int number_;
};

failure about(const std::string& path, std::string_view clause) {
    return {"the key file ", path, " ", std::string(clause)};
}

failure system_fault(const std::string& path, std::string_view doing) {
    return about(path, std::string("cannot be ").append(doing).append(": ") + std::strerror(errno));
}

// What was opened is looked at, and not the path once more, which may name another file by then.
outcome<void> check_owner(int number, const std::string& path) {
    struct stat file {};
    if (::fstat(number, &file) != 0) return system_fault(path, "looked at");
    if (!S_ISREG(file.st_mode)) return about(path, "is no regular file");
    if (const auto why = why_not_private(file, path); !why.empty()) return about(path, why);
    return {};
}

// Takes one more byte than a key may have, to notice files that are too long; gives how many it took.
outcome<std::size_t> read_file(int number, const std::string& path, std::array<char, hex_bytes + 2>& text) {
    std::size_t size = 0;
    while (size < text.size()) {
        const auto got = ::read(number, text.data() + size, text.size() - size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return system_fault(path, "read");
        if (got == 0) break;
        size += static_cast<std::size_t>(got);
    }
    return size;
}

bool write_file(int number, const unsigned char* bytes, std::size_t size) {
    while (size > 0) {
        const auto written = ::write(number, bytes, size);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        bytes += written;
        size -= static_cast<std::size_t>(written);
    }
    return ::fsync(number) == 0;
}

bool read_key(const char* text, std::size_t size, unsigned char* key) {
    if (size == key_bytes) return std::memcpy(key, text, size), true;
    if (size == hex_bytes + 1 && text[hex_bytes] == '\n') --size;
    std::size_t made = 0;
    return size == hex_bytes && sodium_hex2bin(key, key_bytes, text, size, nullptr, &made, nullptr) == 0 &&
           made == key_bytes;
}

}  // namespace

void secret_box::key_end::operator()(unsigned char* key) const noexcept { sodium_free(key); }

outcome<secret_box::secret_key> secret_box::new_key() {
    if (sodium_init() < 0) return failure{"the library of ciphers cannot be used on this machine"};
    secret_key key(static_cast<unsigned char*>(sodium_malloc(key_bytes)));  // locks it too, where it may
    if (!key) return failure{"there is no memory for a key"};
    return key;
}

outcome<secret_box> secret_box::load(const std::string& path) {
    auto key = new_key();
    if (!key) return key.error();
    const descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (file.number() < 0) return system_fault(path, "opened");
    if (auto checked = check_owner(file.number(), path); !checked) return checked.error();
    std::array<char, hex_bytes + 2> text{};
    const auto size = read_file(file.number(), path, text);
    const bool is_key = size && read_key(text.data(), *size, key->get());
    sodium_memzero(text.data(), text.size());
    if (!size) return size.error();
    if (!is_key) return about(path, "holds neither 32 bytes nor 64 hexadecimal digits");
    sodium_mprotect_readonly(key->get());
    return secret_box(std::move(*key));
}

outcome<secret_box> secret_box::create(const std::string& path) {
    auto key = new_key();
    if (!key) return key.error();
    const descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (file.number() < 0) return system_fault(path, "made");
    randombytes_buf(key->get(), key_bytes);
    if (!write_file(file.number(), key->get(), key_bytes)) {
        const auto fault = system_fault(path, "written");
        ::unlink(path.c_str());
        return fault;
    }
    sodium_mprotect_readonly(key->get());
    return secret_box(std::move(*key));
}

outcome<secret_box> secret_box::ephemeral() {
    auto key = new_key();
    if (!key) return key.error();
    randombytes_buf(key->get(), key_bytes);
    sodium_mprotect_readonly(key->get());
    return secret_box(std::move(*key));
}

std::string secret_box::seal(std::string_view plain, std::string_view context) const {
    std::string box(nonce_bytes + plain.size() + tag_bytes, '\0');
    auto* const bytes = reinterpret_cast<unsigned char*>(box.data());
    randombytes_buf(bytes, nonce_bytes);
    crypto_aead_xchacha20poly1305_ietf_encrypt(bytes + nonce_bytes, nullptr, bytes_of(plain), plain.size(),
                                               bytes_of(context), context.size(), nullptr, bytes, key_.get());
    return std::string(version) + siem::to_base64url(box);
}

outcome<std::string> secret_box::open(std::string_view sealed, std::string_view context) const {
    if (!sealed.starts_with(version)) return failure{"the secret is not in a form that this program knows"};
    const auto box = siem::from_base64url(sealed.substr(version.size()));
    if (!box || box->size() < nonce_bytes + tag_bytes) return failure{"the sealed secret is damaged"};
    std::string plain(box->size() - nonce_bytes - tag_bytes, '\0');
    const auto* const bytes = bytes_of(*box);
    const int rc = crypto_aead_xchacha20poly1305_ietf_decrypt(reinterpret_cast<unsigned char*>(plain.data()), nullptr,
                                                              nullptr, bytes + nonce_bytes, box->size() - nonce_bytes,
                                                              bytes_of(context), context.size(), bytes, key_.get());
    if (rc == 0) return plain;
    return failure{
        "the secret cannot be opened: it was changed, belongs to something else, or was sealed with another key"};
}

void wipe(std::string& secret) noexcept {
    sodium_memzero(secret.data(), secret.size());
    secret.clear();
}

}  // namespace carrel::base
