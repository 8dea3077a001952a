#include "sigma/rule.hpp"

#include "json/writer.hpp"

namespace carrel::sigma {

namespace {

using json::writer;

constexpr std::string_view relations[] = {"eq", "neq", "lt", "lte", "gt", "gte"};
constexpr std::string_view units[] = {"minute", "hour", "day", "week", "month", "year"};
constexpr std::string_view types[] = {"event_count", "value_count", "temporal",         "temporal_ordered",
                                      "value_sum",   "value_avg",   "value_percentile", "value_median"};

void write_texts(writer& to, const std::vector<std::string>& texts) {
    to.begin_array();
    for (const std::string& each : texts) to.string(each);
    to.end_array();
}
void write_member(writer& to, std::string_view name, const std::optional<std::string>& text) {
    if (text) to.key(name).string(*text);
}
void write_number(writer& to, const number& n) {
    if (const auto* whole = std::get_if<std::int64_t>(&n)) to.integer(*whole);
    else to.real(std::get<double>(n));
}

/// A value is itself where JSON has it; else an object of one member, which says what it is.
struct value_writer {
    writer& to;

    void operator()(std::int64_t of) const { to.integer(of); }
    void operator()(double of) const { to.begin_object().key("real").real(of).end_object(); }
    void operator()(bool of) const { to.boolean(of); }
    void operator()(const null_value&) const { to.null(); }
    void operator()(const text_pattern& of) const {
        if (!of.cased && !of.has_wildcards()) {
            to.string(of.plain());
            return;
        }
        // Literals are strings; 0 is one character, 1 any run of them.
        to.begin_object().key(of.cased ? "cased" : "like").begin_array();
        for (const text_pattern::part& part : of.sequence) {
            if (part.kind == text_pattern::parts::literal) to.string(part.literal);
            else to.integer(part.kind == text_pattern::parts::any_run ? 1 : 0);
        }
        to.end_array().end_object();
    }
    void operator()(const regular_expression& of) const {
        to.begin_object().key("re").string(of.pattern);
        if (of.ignore_case) to.key("i").boolean(true);
        if (of.multi_line) to.key("m").boolean(true);
        if (of.dot_all) to.key("s").boolean(true);
        to.end_object();
    }
    void operator()(const network& of) const { to.begin_object().key("cidr").string(of.text).end_object(); }
    void operator()(const field_reference& of) const {
        to.begin_object().key("field").string(of.field);
        if (of.starts_with) to.key("starts").boolean(true);
        if (of.ends_with) to.key("ends").boolean(true);
        to.end_object();
    }
    void operator()(const number_test& of) const {
        to.begin_object().key(relations[static_cast<std::size_t>(of.is)]);
        write_number(to, of.than);
        to.end_object();
    }
    void operator()(const existence& of) const { to.begin_object().key("exists").boolean(of.wanted).end_object(); }
    void operator()(const time_part& of) const {
        to.begin_object().key(units[static_cast<std::size_t>(of.unit)]).integer(of.equals).end_object();
    }
    void operator()(const alternatives& of) const {
        to.begin_object().key("any").begin_array();
        for (const value& each : of.of) std::visit(*this, each.is);
        to.end_array().end_object();
    }
};

void write_test(writer& to, const field_test& test) {
    to.begin_object();
    if (!test.field.empty()) to.key("field").string(test.field);
    if (!test.modifiers.empty()) {
        to.key("modifiers");
        write_texts(to, test.modifiers);
    }
    if (test.all) to.key("all").boolean(true);
    if (test.negated) to.key("negated").boolean(true);
    to.key("values").begin_array();
    for (const value& each : test.values) std::visit(value_writer{to}, each.is);
    to.end_array().end_object();
}

void write_search(writer& to, const search& of) {
    if (of.kind == search::kinds::test) return write_test(to, of.test);
    to.begin_object().key(of.kind == search::kinds::all_of ? "and" : "or").begin_array();
    for (const search& part : of.parts) write_search(to, part);
    to.end_array().end_object();
}

/// A search is its place in the list of them.
void write_condition(writer& to, const condition& of) {
    if (of.kind == condition::kinds::search) {
        to.integer(static_cast<std::int64_t>(of.search));
        return;
    }
    constexpr std::string_view kinds[] = {"and", "or", "not"};
    to.begin_object().key(kinds[static_cast<std::size_t>(of.kind)]).begin_array();
    for (const condition& part : of.parts) write_condition(to, part);
    to.end_array().end_object();
}

struct body_writer {
    writer& to;

    void operator()(const detection& of) const {
        to.key("searches").begin_array();
        for (const named_search& each : of.searches) {
            to.begin_object().key("name").string(each.name).key("is");
            write_search(to, each.is);
            to.end_object();
        }
        to.end_array().key("condition");
        write_condition(to, of.when);
    }
    void operator()(const filter& of) const {
        to.key("rules");
        if (of.any) to.string("any");
        else write_texts(to, of.rules);
        (*this)(of.is);
    }
    void operator()(const correlation& of) const {
        to.key("type").string(types[static_cast<std::size_t>(of.type)]).key("rules");
        write_texts(to, of.rules);
        to.key("group_by");
        write_texts(to, of.group_by);
        to.key("timespan_s").integer(of.timespan_s).key("generate").boolean(of.generate);
        write_aliases(of);
        if (!of.fields.empty()) {
            to.key("fields");
            write_texts(to, of.fields);
        }
        if (of.percentile) to.key("percentile").integer(*of.percentile);
        if (of.when) {
            to.key("condition");
            write_condition(to, *of.when);
            return;
        }
        to.key("bounds").begin_object();
        for (const correlation::bound& each : of.bounds) {
            to.key(relations[static_cast<std::size_t>(each.is)]);
            write_number(to, each.than);
        }
        to.end_object();
    }
    void write_aliases(const correlation& of) const {
        if (of.aliases.empty()) return;
        to.key("aliases").begin_object();
        for (const field_alias& alias : of.aliases) {
            to.key(alias.name).begin_object();
            for (const auto& [rule, field] : alias.fields) to.key(rule).string(field);
            to.end_object();
        }
        to.end_object();
    }
};

}  // namespace

std::string to_json(const rule& of) {
    std::string text;
    writer to(text);
    to.begin_object().key("format").integer(json_format).key("kind").string(of.kind());
    if (!of.name.empty()) to.key("name").string(of.name);
    if (!std::holds_alternative<correlation>(of.body)) {
        to.key("logsource").begin_object();
        write_member(to, "category", of.source.category);
        write_member(to, "product", of.source.product);
        write_member(to, "service", of.source.service);
        to.end_object();
    }
    std::visit(body_writer{to}, of.body);
    to.end_object();
    return text;
}

}  // namespace carrel::sigma
