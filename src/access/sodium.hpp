#pragma once

#include <sodium.h>

#include <cstddef>
#include <stdexcept>
#include <string>

namespace carrel::access {

/// Before the first call of libsodium. Thread-safe.
inline void start_sodium() {
    static const bool started = sodium_init() >= 0;
    if (!started) throw std::runtime_error("the library of ciphers cannot be used on this machine");
}

inline std::string random_bytes(std::size_t count) {
    start_sodium();
    std::string bytes(count, '\0');
    randombytes_buf(bytes.data(), bytes.size());
    return bytes;
}

/// Crockford's alphabet: 32 symbols, five bits each, without the letters that look like another symbol.
inline constexpr char plain_symbols[] = "0123456789abcdefghjkmnpqrstvwxyz";

/// Five random bits a symbol.
inline std::string random_symbols(std::size_t count) {
    auto text = random_bytes(count);
    for (char& each : text) each = plain_symbols[static_cast<unsigned char>(each) % 32];
    return text;
}

}  // namespace carrel::access
