#pragma once

#include "base/failure.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace carrel::base {

/// Encrypts what must not be read from a stolen database: with a key that is in a file of its own. The key is kept in memory that is
/// locked where the system allows it, guarded on both sides, and wiped at the end. Thread-safe once made.
class secret_box {
public:
    /// The key of a file: 32 bytes, or 64 hexadecimal digits and a line end. A file that others may read is
    /// refused (`why_not_private`).
    static outcome<secret_box> load(const std::string& path);

    /// Makes a key, and a file for it that only this user may read; never overwrites one.
    static outcome<secret_box> create(const std::string& path);

    /// Makes a key that is in no file: what it seals nobody can open after this object.
    static outcome<secret_box> ephemeral();

    /// `v1.` and base64url of a random nonce, the encrypted text and its tag (XChaCha20-Poly1305). `context` says what the
    /// secret belongs to (`actions/7/token`); it is not kept, and `open` must be given the same.
    std::string seal(std::string_view plain, std::string_view context) const;

    /// A failure if the text was changed, belongs to another context or was sealed by another key. It shows none of it.
    outcome<std::string> open(std::string_view sealed, std::string_view context) const;

private:
    struct key_end {
        void operator()(unsigned char* key) const noexcept;
    };
    using secret_key = std::unique_ptr<unsigned char[], key_end>;
    explicit secret_box(secret_key key) noexcept
        : key_(std::move(key)) {}
    static outcome<secret_key> new_key();

    secret_key key_;
};

/// Overwrites a text that was a secret before it lets go of it.
void wipe(std::string& secret) noexcept;

}  // namespace carrel::base
