#include "http/net/tls_ticket_keys.hpp"

#include "http/net/tls_context.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace carrel::http {

namespace {

// What OpenSSL's callback may answer.
constexpr int failed = -1, not_known = 0, good = 1, good_but_renew = 2;

int place_in_context() {
    static const int place = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return place;
}

bool set_mac_key(EVP_MAC_CTX* mac, std::array<unsigned char, 32>& bytes) {
    char digest[] = "SHA256";
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, bytes.data(), bytes.size()),
                                     OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                     OSSL_PARAM_construct_end()};
    return EVP_MAC_CTX_set_params(mac, parameters) == 1;
}

}  // namespace

tls_ticket_keys::tls_ticket_keys(std::function<time_point()> clock)
    : clock_(std::move(clock)) {
    if (!fill(current_)) throw std::runtime_error("there are no random numbers for the keys of TLS tickets");
    current_.made = clock_();
}

tls_ticket_keys::~tls_ticket_keys() {
    wipe(current_);
    if (previous_) wipe(*previous_);
}

bool tls_ticket_keys::serve(SSL_CTX* context) {
    return SSL_CTX_set_ex_data(context, place_in_context(), this) == 1 &&
           SSL_CTX_set_tlsext_ticket_key_evp_cb(context, on_ticket) == 1;
}

int tls_ticket_keys::on_ticket(SSL* session, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                               EVP_MAC_CTX* mac, int seals) {
    auto* keys = static_cast<tls_ticket_keys*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(session), place_in_context()));
    return seals != 0 ? keys->seal(name, iv, cipher, mac) : keys->open(name, iv, cipher, mac);
}

int tls_ticket_keys::seal(unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac) {
    const std::lock_guard lock(mutex_);
    if (!rotate_if_due() || RAND_bytes(iv, EVP_CIPHER_iv_length(EVP_aes_256_cbc())) != 1) return failed;
    std::copy(current_.name.begin(), current_.name.end(), name);
    return EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, current_.cipher.data(), iv) == 1 &&
                   set_mac_key(mac, current_.mac)
               ? good
               : failed;
}

int tls_ticket_keys::open(const unsigned char* name, const unsigned char* iv, EVP_CIPHER_CTX* cipher,
                          EVP_MAC_CTX* mac) {
    const std::lock_guard lock(mutex_);
    if (!rotate_if_due()) return failed;
    const auto is_named = [name](const key& each) { return std::equal(each.name.begin(), each.name.end(), name); };
    const bool is_current = is_named(current_);
    if (!is_current && (!previous_ || !is_named(*previous_))) return not_known;
    auto& found = is_current ? current_ : *previous_;
    if (!set_mac_key(mac, found.mac) ||
        EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, found.cipher.data(), iv) != 1)
        return failed;
    return is_current ? good : good_but_renew;
}

bool tls_ticket_keys::rotate_if_due() {
    const auto now = clock_();
    if (now - current_.made >= rotation) {
        key fresh;
        if (!fill(fresh)) return false;
        fresh.made = now;
        if (previous_) wipe(*previous_);
        // Not used for long, it may have been in use up to now.
        previous_ = std::exchange(current_, fresh);
        wipe(fresh);
    }
    if (previous_ && now - current_.made >= session_lifetime) {
        wipe(*previous_);
        previous_.reset();
    }
    return true;
}

bool tls_ticket_keys::fill(key& made) {
    return RAND_bytes(made.name.data(), static_cast<int>(made.name.size())) == 1 &&
           RAND_priv_bytes(made.cipher.data(), static_cast<int>(made.cipher.size())) == 1 &&
           RAND_priv_bytes(made.mac.data(), static_cast<int>(made.mac.size())) == 1;
}

void tls_ticket_keys::wipe(key& done) noexcept {
    OPENSSL_cleanse(done.cipher.data(), done.cipher.size());
    OPENSSL_cleanse(done.mac.data(), done.mac.size());
}

}  // namespace carrel::http
