#pragma once

#include "base/sha256.hpp"

#include <string>
#include <string_view>

namespace carrel::siem {

/// The SHA-256, as text, of bytes that arrive in pieces. Copying it copies what came so far.
class digest {
public:
    void update(std::string_view bytes) noexcept { sum_.update(bytes); }
    /// The digest of what came so far, in hexadecimal; more may follow.
    std::string text() const { return base::hex_of(sum_.value()); }

private:
    base::sha256 sum_;
};

}  // namespace carrel::siem
