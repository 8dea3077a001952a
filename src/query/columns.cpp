#include "query/columns.hpp"

#include <array>
#include <utility>

namespace carrel::query {

column column_named(std::string_view name) noexcept {
    static constexpr std::array<std::pair<std::string_view, column>, 8> names = {{
        {"id", column::id},
        {"host", column::host},
        {"source", column::source},
        {"channel", column::channel},
        {"event_code", column::event_code},
        {"severity", column::severity},
        {"timestamp", column::timestamp},
        {"received_at", column::received_at},
    }};
    for (const auto& [known, of] : names)
        if (known == name) return of;
    return column::none;
}

std::optional<std::string_view> text_of(const event_columns& columns, column of) noexcept {
    switch (of) {
        case column::id: return columns.id;
        case column::host: return columns.host;
        case column::source: return columns.source;
        case column::channel: return columns.channel;
        case column::event_code: return columns.event_code;
        case column::severity: return columns.severity;
        default: return std::nullopt;
    }
}

std::int64_t time_of(const event_columns& columns, column of) noexcept {
    return of == column::timestamp ? columns.timestamp : columns.received_at;
}

}  // namespace carrel::query
