#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace carrel::siem {

/// Kept in the database by place: only ever append.
enum class evidence_kind : std::int64_t { log, file, screenshot, network_capture, process_dump, other };
inline constexpr std::array<std::string_view, 6> evidence_kinds = {
    "log", "file", "screenshot", "network_capture", "process_dump", "other"};

/// A type that evidence may have.
struct evidence_type {
    std::string_view name;
    evidence_kind kind = evidence_kind::file;
    /// What it is served as: never something that a browser would run.
    std::string_view served;
};

/// The type of a name, in lower case and without parameters; null if evidence may not have it.
const evidence_type* find_evidence_type(std::string_view name) noexcept;
/// `application/gzip, application/json, …`
std::string evidence_type_names();

/// What the first bytes of a file say it is; `is_text`: that there are only characters in all of it.
const evidence_type& type_of_content(std::string_view head, bool is_text) noexcept;
/// The type of a file that was declared to be `declared` (empty: nothing was); null if its content is something else.
const evidence_type* agreed_type(std::string_view declared, std::string_view head, bool is_text) noexcept;

}  // namespace carrel::siem
