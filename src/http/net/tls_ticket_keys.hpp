#pragma once

#include <openssl/ssl.h>

#include <array>
#include <chrono>
#include <functional>
#include <mutex>
#include <optional>

namespace carrel::http {

/// The keys that session tickets are sealed with: one in use, and the one before while its tickets may still come. They
/// are never stored, so a restart ends all sessions. Shared by all shards; thread-safe.
class tls_ticket_keys {
public:
    using time_point = std::chrono::steady_clock::time_point;
    static constexpr std::chrono::hours rotation{12};

    /// Throws `std::runtime_error` if there are no random numbers.
    explicit tls_ticket_keys(std::function<time_point()> clock = std::chrono::steady_clock::now);
    ~tls_ticket_keys();
    tls_ticket_keys(const tls_ticket_keys&) = delete;
    tls_ticket_keys& operator=(const tls_ticket_keys&) = delete;

    /// Has the context seal its tickets with these keys. They must outlive it and all that is made from it.
    bool serve(SSL_CTX* context);

private:
    struct key {
        std::array<unsigned char, 16> name{};
        std::array<unsigned char, 32> cipher{};
        std::array<unsigned char, 32> mac{};
        time_point made;
    };

    static int on_ticket(SSL* session, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
                         int seals);
    int seal(unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac);
    int open(const unsigned char* name, const unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac);
    bool rotate_if_due();
    static bool fill(key& made);
    static void wipe(key& done) noexcept;

    std::function<time_point()> clock_;
    std::mutex mutex_;
    key current_;
    std::optional<key> previous_;
};

}  // namespace carrel::http
