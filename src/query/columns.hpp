#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace carrel::query {

/// What an event has beside its `fields`. A query names them as they are named here.
enum class column { none, id, host, source, channel, event_code, severity, timestamp, received_at };

/// Views into an event that outlives the call; times are microseconds since 1970.
struct event_columns {
    std::string_view id = {};
    std::optional<std::string_view> host = {}, source = {}, channel = {}, event_code = {}, severity = {};
    std::int64_t timestamp = 0, received_at = 0;
};

/// `none` for a name that is a path into `fields`.
column column_named(std::string_view name) noexcept;
constexpr bool is_time(column of) noexcept { return of == column::timestamp || of == column::received_at; }

/// The text of a column that is no time.
std::optional<std::string_view> text_of(const event_columns& columns, column of) noexcept;
std::int64_t time_of(const event_columns& columns, column of) noexcept;

}  // namespace carrel::query
