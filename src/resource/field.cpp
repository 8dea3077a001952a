#include "resource/field.hpp"

#include "base/time.hpp"
#include "base/utf8.hpp"
#include "json/value_text.hpp"
#include "json/writer.hpp"

#include <algorithm>
#include <cmath>

namespace carrel::siem {

namespace {

std::optional<fault> at_fault(const field& rules, std::string detail) {
    return fault{rules.path(), 0, std::move(detail)};
}

// What is wrong with how much there is of something.
std::optional<std::string> size_fault(std::size_t size, std::int64_t min, std::int64_t max, std::string_view unit) {
    const auto count = static_cast<std::int64_t>(size);
    if (count < min) return "must have at least " + std::to_string(min) + " " + std::string(unit);
    if (count > max) return "must have at most " + std::to_string(max) + " " + std::string(unit);
    return std::nullopt;
}

std::optional<fault> read_text(const field& rules, const boost::json::value& given, value& into) {
    const auto* text = given.if_string();
    if (text == nullptr) return at_fault(rules, "must be a string");
    const std::string_view view(text->data(), text->size());
    if (auto wrong = size_fault(json::count_code_points(view), rules.min, rules.max, "characters"))
        return at_fault(rules, std::move(*wrong));
    into = std::string(view);
    return std::nullopt;
}

// A whole number, however it is written: 50 and 50.0 are the same integer.
std::optional<std::int64_t> whole_number(const boost::json::value& given) {
    if (const auto* number = given.if_int64()) return *number;
    const auto* real = given.if_double();
    // Doubles beyond these bounds do not say which integer was meant.
    constexpr double exact_max = 9007199254740992;
    if (real == nullptr || !(std::abs(*real) <= exact_max) || std::trunc(*real) != *real) return std::nullopt;
    return static_cast<std::int64_t>(*real);
}

std::optional<fault> read_integer(const field& rules, const boost::json::value& given, value& into) {
    const std::string range = "an integer from " + std::to_string(rules.min) + " to " + std::to_string(rules.max);
    const auto number = whole_number(given);
    if (!number || *number < rules.min || *number > rules.max) return at_fault(rules, "must be " + range);
    into = *number;
    return std::nullopt;
}

std::optional<fault> read_real(const field& rules, const boost::json::value& given, value& into) {
    std::optional<double> number;
    if (given.is_number()) number = given.to_number<double>();
    if (!number || *number < static_cast<double>(rules.min) || *number > static_cast<double>(rules.max))
        return at_fault(rules,
                        "must be a number from " + std::to_string(rules.min) + " to " + std::to_string(rules.max));
    into = *number;
    return std::nullopt;
}

// What is kept is parsed again, by parsers that go no deeper than 32.
constexpr std::size_t nested_max = 30;

bool is_nested_deeper(const boost::json::value& given, std::size_t than) {
    if (!given.is_structured()) return false;
    if (than == 0) return true;
    if (const auto* list = given.if_array())
        return std::any_of(list->begin(), list->end(),
                           [&](const auto& each) { return is_nested_deeper(each, than - 1); });
    const auto& object = given.get_object();
    return std::any_of(object.begin(), object.end(),
                       [&](const auto& each) { return is_nested_deeper(each.value(), than - 1); });
}

std::optional<fault> read_json(const field& rules, const boost::json::value& given, value& into) {
    if (rules.kind == field_kind::object && !given.is_object()) return at_fault(rules, "must be an object");
    if (is_nested_deeper(given, nested_max))
        return at_fault(rules, "must be nested at most " + std::to_string(nested_max) + " deep");
    std::string text;
    json::append_value(text, given);
    if (text.size() > static_cast<std::size_t>(rules.max))
        return at_fault(rules, "must have at most " + std::to_string(rules.max) + " bytes");
    into = std::move(text);
    return std::nullopt;
}

std::optional<fault> read_enumeration(const field& rules, const boost::json::value& given, value& into) {
    const auto* text = given.if_string();
    const auto index = text == nullptr ? std::nullopt : index_of(rules.values, {text->data(), text->size()});
    if (!index) return at_fault(rules, "must be one of " + list_of(rules.values));
    into = *index;
    return std::nullopt;
}

std::optional<fault> read_list(const field& rules, const boost::json::value& given, value& into) {
    const auto* items = given.if_array();
    if (items == nullptr) return at_fault(rules, "must be a list of strings");
    if (auto wrong = size_fault(items->size(), rules.min, rules.max, "items"))
        return at_fault(rules, std::move(*wrong));
    std::string list;
    json::writer out(list);
    out.begin_array();
    for (std::size_t i = 0; i < items->size(); ++i) {
        const std::string name = rules.path() + "[" + std::to_string(i) + "]";
        const auto* text = (*items)[i].if_string();
        if (text == nullptr) return fault{name, 0, "must be a string"};
        const std::string_view view(text->data(), text->size());
        if (auto wrong = size_fault(json::count_code_points(view), 0, rules.item_max, "characters"))
            return fault{name, 0, std::move(*wrong)};
        out.string(view);
    }
    out.end_array();
    into = std::move(list);
    return std::nullopt;
}

std::optional<fault> read_boolean(const field& rules, const boost::json::value& given, value& into) {
    const auto* truth = given.if_bool();
    if (truth == nullptr) return at_fault(rules, "must be true or false");
    into = std::int64_t{*truth};
    return std::nullopt;
}

std::optional<fault> read_time(const field& rules, const boost::json::value& given, value& into) {
    const auto* text = given.if_string();
    const auto at = text == nullptr ? std::nullopt : parse_time({text->data(), text->size()});
    if (!at) return at_fault(rules, "must be an RFC 3339 time");
    into = *at;
    return std::nullopt;
}

void write_limits(json::writer& out, const field& rules) {
    switch (rules.kind) {
        case field_kind::text:
            if (rules.min > 0) out.key("minLength").integer(rules.min);
            if (rules.max > 0) out.key("maxLength").integer(rules.max);
            return;
        case field_kind::integer:
            if (rules.max > 0) out.key("minimum").integer(rules.min).key("maximum").integer(rules.max);
            return;
        case field_kind::enumeration:
            out.key("enum").begin_array();
            for (const std::string_view name : rules.values) out.string(name);
            if (may_be_null(rules)) out.null();  // an enumeration is all that a value may be, whatever its type allows
            out.end_array();
            return;
        case field_kind::text_list:
            out.key("maxItems").integer(rules.max).key("items").begin_object();
            out.key("type").string("string").key("maxLength").integer(rules.item_max).end_object();
            return;
        case field_kind::real:
            if (rules.max > 0) out.key("minimum").integer(rules.min).key("maximum").integer(rules.max);
            return;
        case field_kind::time: out.key("format").string("date-time"); return;
        case field_kind::object: out.key("additionalProperties").boolean(true); return;
        case field_kind::boolean:
        case field_kind::json: return;
    }
}

std::string_view json_type(field_kind kind) {
    switch (kind) {
        case field_kind::integer: return "integer";
        case field_kind::real: return "number";
        case field_kind::boolean: return "boolean";
        case field_kind::text_list: return "array";
        case field_kind::object: return "object";
        default: return "string";
    }
}

std::string described_only(const field& rules) {
    std::string schema;
    json::writer(schema).begin_object().key("description").string(rules.summary).end_object();
    return schema;
}

}  // namespace

std::optional<fault> read_field(const field& rules, const boost::json::value& given, value& into) {
    switch (rules.kind) {
        case field_kind::text: return read_text(rules, given, into);
        case field_kind::integer: return read_integer(rules, given, into);
        case field_kind::boolean: return read_boolean(rules, given, into);
        case field_kind::enumeration: return read_enumeration(rules, given, into);
        case field_kind::text_list: return read_list(rules, given, into);
        case field_kind::time: return read_time(rules, given, into);
        case field_kind::real: return read_real(rules, given, into);
        case field_kind::json:
        case field_kind::object: return read_json(rules, given, into);
    }
    return at_fault(rules, "cannot be given");
}

std::string field::path() const {
    std::string text(inside);
    if (!inside.empty()) text += '.';
    return text.append(name);
}

std::string field::column_name() const {
    if (!column.empty()) return std::string(column);
    std::string text(inside);
    if (!inside.empty()) text += '_';
    return text.append(name);
}

std::vector<field> versioned_fields(std::vector<field> own) {
    std::vector<field> all = {{.name = "id", .from = origin::fresh_id, .min = 1, .max = 128},
                              {.name = "version", .kind = field_kind::integer, .from = origin::server, .initial = 1},
                              {.name = "created_at", .kind = field_kind::time, .from = origin::now},
                              {.name = "updated_at", .kind = field_kind::time, .from = origin::now}};
    std::move(own.begin(), own.end(), std::back_inserter(all));
    return all;
}

bool may_be_null(const field& rules) noexcept {
    const bool always_given = rules.from == origin::fresh_id || rules.from == origin::now;
    return !rules.required && !rules.initial && !always_given && rules.kind != field_kind::text_list;
}

value initial_value(const field& rules) {
    if (rules.initial) return *rules.initial;
    if (rules.kind == field_kind::text_list) return std::string("[]");
    return {};
}

std::optional<std::int64_t> index_of(std::span<const std::string_view> values, std::string_view name) noexcept {
    const auto found = std::find(values.begin(), values.end(), name);
    if (found == values.end()) return std::nullopt;
    return found - values.begin();
}

std::string list_of(std::span<const std::string_view> values) {
    std::string list;
    for (const std::string_view name : values) {
        if (!list.empty()) list += ", ";
        list += name;
    }
    return list;
}

std::string schema_of(const field& rules) {
    std::string schema;
    json::writer out(schema);
    out.begin_object();
    if (rules.kind == field_kind::json) return rules.summary.empty() ? "{}" : described_only(rules);
    out.key("type");
    if (may_be_null(rules)) {
        out.begin_array().string(json_type(rules.kind)).string("null").end_array();
    } else {
        out.string(json_type(rules.kind));
    }
    write_limits(out, rules);
    if (!rules.summary.empty()) out.key("description").string(rules.summary);
    out.end_object();
    return schema;
}

}  // namespace carrel::siem
