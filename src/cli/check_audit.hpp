#pragma once

#include "cli/progress.hpp"
#include "sqlite/check.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carrel::cli {

/// An entry of the audit log by which the log is known again: its number and hash. Number 0 is the genesis.
struct audit_head {
    std::int64_t seq = 0;
    std::string hash;  // 32 bytes

    std::string text() const;  // SEQ:HASH, the hash in hexadecimal
};
std::optional<audit_head> parse_audit_head(std::string_view text);

/// Follows the chain of the audit log from its genesis on and finds the first entry that is not what was written. What was cut
/// off at the end shows only by a head that was kept elsewhere. `last` gets where the chain ends if it is whole.
result<void> inspect_audit(const sqlite::check_query& rows, const std::optional<audit_head>& kept,
                           std::vector<std::string>& findings, progress_bar& bar, std::optional<audit_head>& last);

}  // namespace carrel::cli
