#pragma once

#include "query/path_values.hpp"
#include "siem/event_conditions.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace carrel::siem {

/// What a request asks of each event: a column by its name, else a path into `fields`, as queries name them. Reused between
/// events; not thread-safe.
class event_field {
public:
    /// Nothing for a name that is empty or too long.
    static std::optional<event_field> named(std::string_view name);
    /// The parameter `name` of a request. Adds a fault if there is none, or none that can be requested.
    static std::optional<event_field> parameter(const query_pairs& query, std::string_view name,
                                                std::vector<fault>& faults);

    /// What documents the filters and a parameter `field`. The members of `fields` that can be filtered by are left out: a
    /// document cannot have both `field` and `field.<key>`.
    static std::vector<field_doc> parameters();

    const std::string& name() const noexcept { return path_.path(); }
    /// The column of segments that holds it.
    std::optional<segments::column> column() const noexcept;
    bool is_in_text() const noexcept { return column_ == query::column::none; }
    /// Narrows conditions to events that have it, as far as segments can tell.
    void require(event_conditions& conditions) const;

    /// Calls `found(std::string_view)` with each value that an event has there.
    template <class Function>
    void each(const segments::event_head& head, std::string_view fields, Function&& found) {
        each_scalar(head, fields, [&](json::scalar, std::string_view text) { found(text); });
    }
    /// As above, with what the value is in JSON; a column is a string.
    template <class Function>
    void each_scalar(const segments::event_head& head, std::string_view fields, Function&& found) {
        if (is_in_text()) return path_.each(fields, found);
        if (const auto text = text_of_column(head)) found(json::scalar::string, *text);
    }

private:
    event_field(query::column of, std::string name)
        : column_(of),
          path_(std::move(name)) {}
    std::optional<std::string_view> text_of_column(const segments::event_head& head);

    query::column column_;
    query::path_values path_;
    std::string written_;
};

}  // namespace carrel::siem
