#pragma once

#include "resource/operation.hpp"

#include <initializer_list>

namespace carrel::siem {

/// The same write, its body checked by a background reader if it has one of `members`, at its top, in its `patch` or in its `items`:
/// for what takes milliseconds to parse, which a shard's other connections would wait for. What it answers is the same.
operation checked_apart(operation of, std::initializer_list<std::string_view> members);

/// Whether nobody waits any more for what this thread checks apart, so that what takes long should end with any fault.
bool is_check_given_up() noexcept;

/// As `expect_long`, of a read that parses so many bytes by itself.
result<void> expect_parsing(read_session& session, const operation& what, std::size_t bytes);

}  // namespace carrel::siem
