#pragma once

#include "resource/resource.hpp"

#include <array>

// What a console keeps of the installation, by name: values with a type, of administrators.
namespace carrel::siem {

const resource& system_metadata();

/// Kept in the database by place: only ever append.
enum class metadata_type { text, integer, real, boolean, time, json };
inline constexpr std::array<std::string_view, 6> metadata_types = {"text",    "integer", "real",
                                                                   "boolean", "time",    "json"};

/// Puts a value of the server's own in the place of another; clients can read those and not change them.
result<void> put_builtin_metadata(write_session& session, std::string_view key, metadata_type type,
                                  std::string_view json, timestamp now, std::string_view by);
/// A value as JSON; nothing if there is none.
result<std::optional<std::string>> read_metadata(read_session& session, std::string_view key);

std::vector<operation> first_run_operations();  // GET /system/first-run, POST /system/complete-setup

}  // namespace carrel::siem
