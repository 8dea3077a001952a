// A row as JSON: the larger part of what a read costs beside SQLite, hence pieces and not the writer.
#include "base/time.hpp"
#include "json/pieces.hpp"
#include "resource/resource.hpp"

namespace carrel::siem {

namespace {

void put_text(json::pieces& out, const field& rules, std::string_view text) {
    const bool is_json = rules.kind == field_kind::text_list || rules.kind == field_kind::object;
    if (is_json) {
        out.raw(text);
    } else {
        out.string(text);
    }
}

void put_name(json::pieces& out, std::span<const std::string_view> names, std::int64_t number) {
    if (static_cast<std::size_t>(number) < names.size()) {
        out.plain(names[static_cast<std::size_t>(number)]);
    } else {
        out.raw("null");
    }
}

void put_integer(json::pieces& out, const field& rules, std::int64_t number) {
    switch (rules.kind) {
        case field_kind::time: out.plain(written_time(number)); return;
        case field_kind::enumeration: put_name(out, rules.values, number); return;
        case field_kind::boolean: out.raw(number != 0 ? "true" : "false"); return;
        default: out.integer(number);
    }
}

}  // namespace

void append_row(const resource& of, const statement& row, int first, std::string& out) {
    json::pieces json(out);
    for (std::size_t i = 0; i < of.fields.size(); ++i) {
        json.put(of.openings[i]);
        const auto held = row.at(first + static_cast<int>(i));
        switch (held.type()) {
            case value_type::integer: put_integer(json, of.fields[i], held.integer()); break;
            case value_type::text: put_text(json, of.fields[i], held.text()); break;
            default: json.raw("null");
        }
    }
    json.put('}');
    json.flush();
}

void append_record(const resource& of, const record& row, std::string& out) {
    json::pieces json(out);
    for (std::size_t i = 0; i < of.fields.size(); ++i) {
        json.put(of.openings[i]);
        const auto& held = row.values[i];
        if (const auto* text = std::get_if<std::string>(&held)) put_text(json, of.fields[i], *text);
        else if (const auto* number = std::get_if<std::int64_t>(&held)) put_integer(json, of.fields[i], *number);
        else json.raw("null");
    }
    json.put('}');
    json.flush();
}

}  // namespace carrel::siem
