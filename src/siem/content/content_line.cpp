#include "siem/content/content_line.hpp"

#include "base/time.hpp"
#include "json/value_text.hpp"
#include "json/writer.hpp"
#include "resource/problems.hpp"
#include "resource/same_caller.hpp"

#include <algorithm>

namespace carrel::siem {

namespace {

constexpr std::int64_t count_max = std::int64_t{1} << 53;

bool is_json(field_kind kind) {
    return kind == field_kind::text_list || kind == field_kind::object || kind == field_kind::json;
}

void write_value(const field& rules, const value& held, json::writer& out) {
    if (const auto* text = std::get_if<std::string>(&held)) {
        if (is_json(rules.kind)) out.raw(*text);
        else out.string(*text);
    } else if (const auto* number = std::get_if<std::int64_t>(&held)) {
        if (rules.kind == field_kind::time) out.string(format_time(*number));
        else if (rules.kind == field_kind::boolean) out.boolean(*number != 0);
        else if (rules.kind == field_kind::enumeration) out.string(rules.values[static_cast<std::size_t>(*number)]);
        else out.integer(*number);
    } else if (const auto* real = std::get_if<double>(&held)) {
        out.real(*real);
    } else {
        out.null();
    }
}

bool is_clients(const field& rules) { return rules.from == origin::client || rules.from == origin::fresh_id; }

// A value that a server once gave: no bounds of clients hold for it, but its kind does.
std::optional<value> read_kept(const field& rules, const boost::json::value& given) {
    if (given.is_null()) return may_be_null(rules) ? std::optional<value>(std::in_place) : std::nullopt;
    std::optional<value> made;
    const auto* text = given.if_string();
    const std::string_view words = text == nullptr ? std::string_view() : std::string_view(text->data(), text->size());
    switch (rules.kind) {
        case field_kind::text:
            if (text != nullptr) made.emplace(std::string(words));
            break;
        case field_kind::integer:
            // They count something; a version counts from 1.
            if (const auto* number = given.if_int64();
                number != nullptr && *number >= (rules.name == "version" ? 1 : 0) && *number <= count_max)
                made.emplace(*number);
            break;
        case field_kind::real:
            if (given.is_number()) made.emplace(given.to_number<double>());
            break;
        case field_kind::boolean:
            if (const auto* truth = given.if_bool()) made.emplace(std::int64_t{*truth});
            break;
        case field_kind::enumeration:
            if (const auto place = index_of(rules.values, words); text != nullptr && place) made.emplace(*place);
            break;
        case field_kind::time:
            if (const auto at = parse_time(words); text != nullptr && at) made.emplace(*at);
            break;
        case field_kind::text_list:
        case field_kind::object:
        case field_kind::json:
            if (rules.kind == field_kind::json || given.is_array() == (rules.kind == field_kind::text_list))
                json::append_value(std::get<std::string>(made.emplace(std::string())), given);
    }
    return made;
}

class line_reader {
public:
    explicit line_reader(const content_member& member)
        : member_(member),
          of_(member.of()),
          clients(of_.fields.size()),
          kept(of_.fields.size()) {}

    std::vector<fault> read(const boost::json::value& line) {
        const auto* object = line.if_object();
        if (object == nullptr) return {{"", 0, "must be a JSON object"}};
        read_members(*object, {});
        return std::move(faults_);
    }

private:
    const content_member& member_;
    const resource& of_;
    std::vector<fault> faults_;

    bool is_inside(std::string_view name) const {
        return std::any_of(of_.fields.begin(), of_.fields.end(),
                           [&](const field& each) { return !each.inside.empty() && each.inside == name; });
    }

    void read_members(const boost::json::object& members, std::string_view inside) {
        for (const auto& [key, given] : members) {
            const std::string_view name(key.data(), key.size());
            if (const auto* object = given.if_object(); inside.empty() && object != nullptr && is_inside(name))
                read_members(*object, name);
            else read_one(inside.empty() ? std::string(name) : std::string(inside) + "." + std::string(name), given);
        }
    }

    void read_one(const std::string& path, const boost::json::value& given) {
        const std::size_t place = of_.position(path);
        if (place == resource::absent || !member_.holds(place))
            return faults_.push_back({quoted(path), 0, "is an unknown field"});
        const field& rules = of_.fields[place];
        if (!is_clients(rules)) {
            kept[place] = read_kept(rules, given);
            if (!kept[place]) faults_.push_back({path, 0, "is of another kind"});
        } else if (given.is_null()) {
            if (rules.required) faults_.push_back({path, 0, "is required"});
            else clients[place] = initial_value(rules);
        } else {
            clients[place].emplace();
            if (auto wrong = read_field(rules, given, *clients[place])) faults_.push_back(std::move(*wrong));
        }
    }

public:
    given_members clients;  // what a client could give
    given_members kept;     // what only the server gives
};

}  // namespace

void append_line(const content_member& member, const record& row, std::string& out) {
    const resource& of = member.of();
    json::writer line(out);
    line.begin_object();
    std::string_view inside;
    for (std::size_t i = 0; i < of.fields.size(); ++i) {
        if (!member.holds(i)) continue;
        const field& rules = of.fields[i];
        if (rules.inside != inside && !inside.empty()) line.end_object();
        if (rules.inside != inside && !rules.inside.empty()) line.key(rules.inside).begin_object();
        inside = rules.inside;
        line.key(rules.name);
        write_value(rules, row.values[i], line);
    }
    if (!inside.empty()) line.end_object();
    line.end_object();
    out += '\n';
}

std::vector<fault> read_line(const content_member& member, const call& request, const boost::json::value& given,
                             std::span<const std::string> secrets, record& into) {
    const resource& of = member.of();
    line_reader line(member);
    if (auto faults = line.read(given); !faults.empty()) return faults;
    const auto* id = line.clients[of.id] ? std::get_if<std::string>(&*line.clients[of.id]) : nullptr;
    if (id == nullptr) return {{std::string(of.key), 0, "is required"}};
    call about = by_same_caller(request);
    // As a record that takes another one's place: its own check leaves what secrets there must be to `settle`.
    if (member.settle != nullptr) about.path[0] = *id;
    std::vector<fault> faults = make_record(of, about, std::move(line.clients), into);
    if (!faults.empty()) return faults;
    if (member.settle != nullptr) member.settle(into, secrets, faults);
    for (std::size_t i = 0; i < line.kept.size(); ++i)
        if (line.kept[i]) into.values[i] = std::move(*line.kept[i]);
    return faults;
}

}  // namespace carrel::siem
