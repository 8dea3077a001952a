#pragma once

#include "base/sha256.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace carrel::siem {

/// The columns of an entry of the audit log that its hash covers: all but the hash.
struct audit_columns {
    std::int64_t seq = 0;
    std::int64_t at = 0;
    std::optional<std::string_view> principal;
    std::string_view action;
    std::int64_t outcome = 0;
    std::optional<std::string_view> target, address, request_id;
    std::string_view detail;
};

/// The hash of an entry that follows one with the hash `before`: SHA-256 of that hash and of the columns, each with its type
/// and, if it is a text, its length, so that no two entries are the same bytes. Written in files: it does not change.
base::sha256::digest audit_hash(std::string_view before, const audit_columns& of);

inline std::string_view bytes_of(const base::sha256::digest& sum) noexcept {
    return {reinterpret_cast<const char*>(sum.data()), sum.size()};
}

}  // namespace carrel::siem
