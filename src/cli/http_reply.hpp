#pragma once

#include "cli/http_client.hpp"

#include <optional>
#include <string>

namespace carrel::cli {

/// Recognises a reply at the front of the bytes received so far, which it removes once the reply is complete. No I/O.
class reply_parser {
public:
    /// The reply, once all of it is there. Interim (1xx) replies are skipped.
    std::optional<http_reply> parse(std::string& received);
    /// As `parse` when the peer has closed: that ends a reply without a length.
    std::optional<http_reply> parse_end(std::string& received);
    bool is_broken() const noexcept { return is_broken_; }

private:
    struct head {
        http_reply reply;
        std::size_t size = 0;
    };
    std::optional<head> parse_head(const std::string& received);

    bool is_broken_ = false;
};

}  // namespace carrel::cli
