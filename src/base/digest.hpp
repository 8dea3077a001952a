#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace carrel::siem {

/// SHA-256 over bytes that arrive in pieces.
class digest {
public:
    digest();
    digest(const digest& other);
    digest& operator=(const digest& other);
    ~digest();
    void update(std::string_view bytes);
    /// The digest of what came so far, in hexadecimal; more may follow.
    std::string text() const;

private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace carrel::siem
