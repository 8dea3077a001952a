// A row as JSON: the larger part of what a read costs beside SQLite, hence pieces and not the writer.
#include "base/time.hpp"
#include "json/pieces.hpp"
#include "json/writer.hpp"
#include "resource/resource.hpp"

namespace carrel::siem {

namespace {

void put_text(json::pieces& out, const field& rules, std::string_view text) {
    const bool is_json =
        rules.kind == field_kind::text_list || rules.kind == field_kind::object || rules.kind == field_kind::json;
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

void put_real(json::pieces& out, double number) {
    std::string text;
    json::writer(text).real(number);
    out.raw(text);
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
    int column = first;
    for (const resource::shown_field& each : of.shown) {
        json.put(each.opening);
        const auto held = row.at(column++);
        switch (held.type()) {
            case value_type::integer: put_integer(json, of.fields[each.field], held.integer()); break;
            case value_type::text: put_text(json, of.fields[each.field], held.text()); break;
            case value_type::real: put_real(json, held.real()); break;
            default: json.raw("null");
        }
    }
    json.raw(of.closing);
    json.flush();
}

void append_record(const resource& of, const record& row, std::string& out) {
    json::pieces json(out);
    for (const resource::shown_field& each : of.shown) {
        json.put(each.opening);
        const auto& held = row.values[each.field];
        const field& rules = of.fields[each.field];
        if (const auto* text = std::get_if<std::string>(&held)) put_text(json, rules, *text);
        else if (const auto* number = std::get_if<std::int64_t>(&held)) put_integer(json, rules, *number);
        else if (const auto* real = std::get_if<double>(&held)) put_real(json, *real);
        else json.raw("null");
    }
    json.raw(of.closing);
    json.flush();
}

}  // namespace carrel::siem
