#include "sigma/modifiers.hpp"

#include "sigma/encodings.hpp"
#include "sigma/network.hpp"
#include "sigma/windash.hpp"

#include <algorithm>
#include <array>

namespace carrel::sigma {

namespace {

using parts = text_pattern::parts;

std::string named(modifier which) { return std::string(name_of(which)); }

bool ends_open(const text_pattern& text) {
    return !text.sequence.empty() && text.sequence.back().kind == parts::any_run;
}
bool begins_open(const text_pattern& text) {
    return !text.sequence.empty() && text.sequence.front().kind == parts::any_run;
}
void open(text_pattern& text, bool front, bool back) {
    if (front && !begins_open(text)) text.sequence.insert(text.sequence.begin(), {parts::any_run});
    if (back && !ends_open(text)) text.append({parts::any_run});
}

text_pattern literal(std::string text, bool cased) {
    text_pattern made{.sequence = {}, .cased = cased};
    made.append({parts::literal, std::move(text)});
    return made;
}

/// The one that is left stands for itself.
value one_of(std::vector<text_pattern> texts) {
    if (texts.size() == 1) return {std::move(texts.front())};
    alternatives all;
    for (text_pattern& each : texts) all.of.push_back({std::move(each)});
    return {std::move(all)};
}

std::optional<std::string> utf16_of(std::string_view text, modifier by) {
    if (!is_utf8(text)) return std::nullopt;
    switch (by) {
        case modifier::utf16be: return to_utf16(text, utf16_order::big);
        case modifier::utf16: return "\xFF\xFE" + to_utf16(text, utf16_order::little);
        default: return to_utf16(text, utf16_order::little);
    }
}

struct unit_range {
    modifier by;
    time_unit unit;
    std::int64_t min, max;
};
constexpr std::array<unit_range, 6> units{{{modifier::minute, time_unit::minute, 0, 59},
                                           {modifier::hour, time_unit::hour, 0, 23},
                                           {modifier::day, time_unit::day, 1, 31},
                                           {modifier::week, time_unit::week, 1, 53},
                                           {modifier::month, time_unit::month, 1, 12},
                                           {modifier::year, time_unit::year, 1, 9999}}};

relation relation_of(modifier by) noexcept {
    switch (by) {
        case modifier::less: return relation::less;
        case modifier::at_most: return relation::at_most;
        case modifier::greater: return relation::greater;
        default: return relation::at_least;
    }
}

/// Why a modifier does not take a value, and whether the chain is at fault.
struct rejection {
    std::string detail;
    bool is_of_chain = false;

    rejection(std::string why, bool of_chain = false)
        : detail(std::move(why)),
          is_of_chain(of_chain) {}
    rejection(const char* why)
        : detail(why) {}
};
using outcome = std::variant<value, rejection>;

rejection too_much(modifier by) {
    return named(by) + " makes more than " + std::to_string(expansion_max) + " values, or too long ones, of one";
}

/// What a modifier does with a text.
struct text_change {
    text_pattern text;
    const yaml_node& node;

    outcome by(modifier which);

private:
    outcome encoded(modifier which) {
        if (text.has_wildcards()) return named(which) + " takes a text without wildcards";
        if (which == modifier::base64) return value{literal(base64(text.plain()), text.cased)};
        std::vector<text_pattern> found;
        for (std::string& each : base64_at_offsets(text.plain())) found.push_back(literal(std::move(each), text.cased));
        if (found.empty()) return "text is too short for base64offset";
        return one_of(std::move(found));
    }
    outcome widened(modifier which) {
        bool first = true;
        for (text_pattern::part& part : text.sequence) {
            if (part.kind != parts::literal) continue;
            auto wide = utf16_of(part.literal, first || which != modifier::utf16 ? which : modifier::utf16le);
            if (!wide) return named(which) + " takes a text, not what an encoding made of it";
            part.literal = std::move(*wide);
            first = false;
        }
        return value{std::move(text)};
    }
    outcome expanded() {
        const std::string& raw = node.text;
        const std::size_t begin = raw.find('%');
        const std::size_t end = begin == raw.npos ? raw.npos : raw.find('%', begin + 1);
        if (end == raw.npos || end == begin + 1) return value{std::move(text)};
        return "expand has no values for " + raw.substr(begin, end + 1 - begin);
    }
    outcome dashed() {
        auto all = expand_dashes(text);
        if (!all) return too_much(modifier::windash);
        return one_of(std::move(*all));
    }
};

outcome text_change::by(modifier which) {
    switch (which) {
        case modifier::contains: open(text, true, true); return value{std::move(text)};
        case modifier::starts_with: open(text, false, true); return value{std::move(text)};
        case modifier::ends_with: open(text, true, false); return value{std::move(text)};
        case modifier::cased: text.cased = true; return value{std::move(text)};
        case modifier::base64:
        case modifier::base64offset: return encoded(which);
        case modifier::utf16:
        case modifier::utf16be:
        case modifier::utf16le: return widened(which);
        case modifier::windash: return dashed();
        case modifier::expand: return expanded();
        case modifier::field_ref:
            if (text.has_wildcards()) return "fieldref takes the name of a field, without wildcards";
            if (text.sequence.empty()) return "fieldref takes the name of a field";
            return value{field_reference{.field = text.plain()}};
        default: return rejection(named(which) + " does not take a text", true);
    }
}

/// What a modifier does with a value that is neither a text nor alternatives.
outcome changed(value of, modifier by) {
    if (auto* expression = std::get_if<regular_expression>(&of.is)) {
        if (by == modifier::ignore_case) expression->ignore_case = true;
        else if (by == modifier::multi_line) expression->multi_line = true;
        else if (by == modifier::dot_all) expression->dot_all = true;
        else return rejection("re takes the flags i, m and s, not " + named(by), true);
        return of;
    }
    if (auto* field = std::get_if<field_reference>(&of.is)) {
        if (by != modifier::contains && by != modifier::starts_with && by != modifier::ends_with)
            return rejection(named(by) + " does not follow fieldref", true);
        field->starts_with = field->starts_with || by != modifier::ends_with;
        field->ends_with = field->ends_with || by != modifier::starts_with;
        return of;
    }
    const auto* whole = std::get_if<std::int64_t>(&of.is);
    for (const unit_range& each : units) {
        if (each.by != by) continue;
        if (whole == nullptr || *whole < each.min || *whole > each.max)
            return named(by) + " takes a number from " + std::to_string(each.min) + " to " + std::to_string(each.max);
        return value{time_part{each.unit, *whole}};
    }
    if (by == modifier::less || by == modifier::at_most || by == modifier::greater || by == modifier::at_least) {
        if (whole != nullptr) return value{number_test{relation_of(by), *whole}};
        if (const auto* real = std::get_if<double>(&of.is)) return value{number_test{relation_of(by), *real}};
        return named(by) + " takes a number";
    }
    if (by == modifier::exists) {
        if (const auto* truth = std::get_if<bool>(&of.is)) return value{existence{*truth}};
        return "exists takes true or false";
    }
    return named(by) + " takes a text";
}

outcome modified(value of, modifier by, const yaml_node& node) {
    if (auto* all = std::get_if<alternatives>(&of.is)) {
        alternatives made;
        std::size_t bytes = 0;
        for (value& each : all->of) {
            auto result = modified(std::move(each), by, node);
            if (auto* why = std::get_if<rejection>(&result)) return std::move(*why);
            value& next = std::get<value>(result);
            if (auto* several = std::get_if<alternatives>(&next.is)) {
                for (value& inner : several->of) {
                    bytes += bytes_of(inner);
                    made.of.push_back(std::move(inner));
                }
            } else {
                bytes += bytes_of(next);
                made.of.push_back(std::move(next));
            }
            if (made.of.size() > expansion_max || bytes > value_bytes_max) return too_much(by);
        }
        return value{std::move(made)};
    }
    if (by == modifier::exists && std::holds_alternative<text_pattern>(of.is)) return "exists takes true or false";
    if (auto* text = std::get_if<text_pattern>(&of.is)) {
        const bool counts = by == modifier::less || by == modifier::at_most || by == modifier::greater ||
                            by == modifier::at_least ||
                            std::any_of(units.begin(), units.end(), [&](const auto& each) { return each.by == by; });
        if (counts) return named(by) + " takes a number";
        return text_change{std::move(*text), node}.by(by);
    }
    return changed(std::move(of), by);
}

/// Whether all literals can be compared with texts.
bool is_of_text(const value& of) {
    if (const auto* all = std::get_if<alternatives>(&of.is))
        return std::all_of(all->of.begin(), all->of.end(), [](const value& each) { return is_of_text(each); });
    const auto* text = std::get_if<text_pattern>(&of.is);
    return text == nullptr || std::all_of(text->sequence.begin(), text->sequence.end(),
                                          [](const text_pattern::part& part) { return is_utf8(part.literal); });
}

}  // namespace

std::optional<value> value_maker::initial(const yaml_node& node) {
    if (node.is_list() || node.is_map()) {
        refuse(node.offset, "a value is a text, a number, a bool or null");
        return std::nullopt;
    }
    const bool verbatim =
        !chain_.empty() && (chain_.front().which == modifier::re || chain_.front().which == modifier::cidr);
    if (!verbatim) return number(node);
    const std::string name = named(chain_.front().which);
    if (node.is_null()) {
        refuse(node.offset, name + " takes a text");
        return std::nullopt;
    }
    if (chain_.front().which == modifier::re) return value{regular_expression{.pattern = node.text}};
    auto read = parse_network(node.text);
    if (const auto* why = std::get_if<std::string>(&read)) {
        refuse(node.offset, node.text + " " + *why);
        return std::nullopt;
    }
    return value{std::get<network>(std::move(read))};
}

std::optional<value> value_maker::number(const yaml_node& node) {
    yaml_scalar scalar = resolve(node);
    if (const auto* big = std::get_if<yaml_number>(&scalar)) {
        // Digits are compared with what an event holds, which no number of 64 bits could be.
        if (big->text.empty()) {
            refuse(node.offset, "number has more than 64 bits");
            return std::nullopt;
        }
        return value{literal(big->text, false)};
    }
    if (std::holds_alternative<std::monostate>(scalar)) return value{null_value()};
    if (const auto* text = std::get_if<std::string>(&scalar)) return value{text_pattern::of(*text)};
    if (const auto* whole = std::get_if<std::int64_t>(&scalar)) return value{*whole};
    if (const auto* truth = std::get_if<bool>(&scalar)) return value{*truth};
    const double real = std::get<double>(scalar);
    if (real - real != 0) {
        refuse(node.offset, "number is not finite");
        return std::nullopt;
    }
    return value{real};
}

bool value_maker::apply(value& to, const yaml_node& node, placed_modifier by) {
    if (by.which == modifier::all || by.which == modifier::negate) return true;
    if (by.which == modifier::re || by.which == modifier::cidr) {
        if (by.offset == chain_.front().offset) return true;
        return refuse(by.offset, named(by.which) + " must be the first modifier");
    }
    auto result = modified(std::move(to), by.which, node);
    if (auto* why = std::get_if<rejection>(&result)) {
        return refuse(why->is_of_chain ? by.offset : node.offset, why->detail);
    }
    to = std::get<value>(std::move(result));
    if (bytes_of(to) > value_bytes_max) return refuse(node.offset, named(by.which) + " makes a value too long");
    return true;
}

std::optional<value> value_maker::make(const yaml_node& node, regex_check& expressions) {
    std::optional<value> made = initial(node);
    if (!made) return std::nullopt;
    for (const placed_modifier& each : chain_)
        if (!apply(*made, node, each)) return std::nullopt;
    if (!is_of_text(*made)) {
        refuse(node.offset, "UTF-16 is no text: base64 or base64offset must follow");
        return std::nullopt;
    }
    if (const auto* expression = std::get_if<regular_expression>(&made->is)) {
        if (auto why = expressions.refuse(*expression)) {
            refuse(node.offset, *why);
            return std::nullopt;
        }
    }
    return made;
}

}  // namespace carrel::sigma
