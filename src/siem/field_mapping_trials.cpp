#include "base/time.hpp"
#include "json/reader.hpp"
#include "json/scanner.hpp"
#include "json/value_text.hpp"
#include "json/writer.hpp"
#include "query/json_path.hpp"
#include "query/path_values.hpp"
#include "resource/idempotency.hpp"
#include "resource/listing.hpp"
#include "resource/problems.hpp"
#include "siem/event_list.hpp"
#include "siem/event_reader.hpp"
#include "siem/events.hpp"
#include "siem/field_mappings.hpp"
#include "siem/mapping_text.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <unordered_map>
#include <unordered_set>

// What a mapping would make of events, and what events have that could be mapped.
namespace carrel::siem {

namespace {

constexpr std::int64_t sample_max = 1'000;

struct sampled_event {
    std::string id;  // empty for one that is given
    timestamp received_at = 0;
    std::string fields;
};

// The newest stored events that pass, as many as a page of a list holds.
result<std::vector<sampled_event>> newest(read_session& session, const event_conditions& conditions,
                                          std::int64_t limit) {
    event_list_request wanted;
    wanted.conditions = conditions;
    wanted.limit = limit;
    const event_writer write = [](const segments::event_head& head, std::string_view fields, std::string& out) {
        out.append(std::to_string(head.received_at)).append(" ").append(fields);
    };
    auto page = list_events(session, wanted, write);
    if (!page) return page.error();
    std::vector<sampled_event> found;
    for (const auto& [at, entry] : page->entries()) {
        if (found.size() == static_cast<std::size_t>(limit)) break;
        const std::size_t blank = entry.json.find(' ');
        sampled_event& made = found.emplace_back();
        made.id = text_of(at.id);
        std::from_chars(entry.json.data(), entry.json.data() + blank, made.received_at);
        made.fields = entry.json.substr(blank + 1);
    }
    return found;
}

// -- POST /field-mappings/test ---

struct trial_input : input {
    std::string mapping_id;
    std::string mappings = "{}", aliases = "{}";
    std::vector<sampled_event> events;
    bool are_given = false;
    std::int64_t limit = 10;
};

class trial_reader {
public:
    explicit trial_reader(trial_input& into)
        : into_(into) {}

    std::vector<fault> read(const boost::json::value* body, timestamp now) {
        const auto* object = body == nullptr ? nullptr : body->if_object();
        if (object == nullptr) return {{"", 0, "the body must be a JSON object"}};
        for (const auto& [key, given] : *object) read_member({key.data(), key.size()}, given, now);
        const bool is_inline = object->contains("mappings") || object->contains("aliases");
        if (faults_.empty() && is_inline == object->contains("mapping_id"))
            at_fault("mapping_id", is_inline ? "is not taken beside mappings or aliases" : "or mappings is required");
        return std::move(faults_);
    }

private:
    void at_fault(std::string_view name, std::string detail) {
        faults_.push_back({std::string(name), 0, std::move(detail)});
    }

    void read_member(std::string_view name, const boost::json::value& given, timestamp now) {
        if (name == "mapping_id") return read_id(given);
        if (name == "mappings") {
            check_mappings(given, faults_);
            into_.mappings.clear();
            return json::append_value(into_.mappings, given);
        }
        if (name == "aliases") {
            check_aliases(given, faults_);
            into_.aliases.clear();
            return json::append_value(into_.aliases, given);
        }
        if (name == "events") return read_events(given, now);
        if (name == "limit") return read_limit(given);
        at_fault(quoted(name), "is an unknown field");
    }

    void read_id(const boost::json::value& given) {
        const auto* text = given.if_string();
        if (text == nullptr) return at_fault("mapping_id", "must be a string");
        into_.mapping_id.assign(text->data(), text->size());
    }

    void read_events(const boost::json::value& given, timestamp now) {
        const auto* list = given.if_array();
        if (list == nullptr || list->empty() || list->size() > 100)
            return at_fault("events", "must be a list of 1 to 100");
        into_.are_given = true;
        for (std::size_t i = 0; i < list->size(); ++i) {
            if (!(*list)[i].is_object()) at_fault("events[" + std::to_string(i) + "]", "must be an object");
            sampled_event& made = into_.events.emplace_back();
            made.received_at = now;
            json::append_value(made.fields, (*list)[i]);
        }
    }

    void read_limit(const boost::json::value& given) {
        const auto* number = given.if_int64();
        if (number == nullptr || *number < 1 || *number > 100)
            return at_fault("limit", "must be an integer from 1 to 100");
        into_.limit = *number;
    }

    trial_input& into_;
    std::vector<fault> faults_;
};

std::optional<problem> check_trial(const operation& what, call& request) {
    if (auto wrong = check_address(what, request)) return wrong;
    auto parsed = std::make_unique<trial_input>();
    std::vector<fault> faults = trial_reader(*parsed).read(request.body, request.now);
    if (faults.empty() && request.members_left_out > 0)
        faults.push_back(
            {"", 0, "an object of the body has more than " + std::to_string(json::reader::members_max) + " members"});
    if (!faults.empty())
        return refuse_body(request, problem_of(problem_code::invalid, std::move(faults), request.members_left_out));
    request.parsed = std::move(parsed);
    return std::nullopt;
}

void write_columns(event_reader& reader, const sampled_event& of, json::writer& out) {
    new_event made;
    out.begin_object();
    const bool is_read = reader.read(of.fields, of.received_at, made) == event_reader::verdict::accepted;
    const auto text = [&](std::string_view name, const std::optional<std::string>& value) {
        out.key(name);
        if (is_read && value) out.string(*value);
        else out.null();
    };
    const bool is_timed = is_read && !reader.was_untimed();
    text("timestamp", is_timed ? std::optional(format_time(made.at)) : std::nullopt);
    text("host", made.host);
    text("source", made.source);
    text("channel", made.channel);
    text("event_code", made.event_code);
    text("severity", made.severity);
    out.end_object();
}

void write_aliases(const boost::json::object& aliases, const sampled_event& of, json::writer& out) {
    out.begin_object();
    for (const auto& [name, path] : aliases) {
        std::optional<std::string> first;
        query::path_values values(std::string(path.as_string().data(), path.as_string().size()));
        values.each(of.fields, [&](json::scalar, std::string_view text) {
            if (!first) first = std::string(text);
        });
        out.key({name.data(), name.size()});
        if (first) out.string(*first);
        else out.null();
    }
    out.end_object();
}

result<void> take_stored_mapping(read_session& session, trial_input& wanted, reply& into) {
    const resource& of = field_mappings();
    auto row = find(of, session, wanted.mapping_id);
    if (!row) return row.error();
    if (!*row) return refuse(into, problem_of(problem_code::invalid, "mapping_id", "does not exist"));
    if ((*row)->integer(of.position("builtin")) == 0) wanted.mappings = *(*row)->text(of.position("mappings"));
    wanted.aliases = *(*row)->text(of.position("aliases"));
    return {};
}

result<void> run_trial(const operation&, read_session& session, const call& request, reply& into) {
    const auto& given = static_cast<const trial_input&>(*request.parsed);
    into.clear();
    trial_input wanted;
    wanted.mapping_id = given.mapping_id;
    wanted.mappings = given.mappings;
    wanted.aliases = given.aliases;
    if (!wanted.mapping_id.empty())
        if (auto found = take_stored_mapping(session, wanted, into); !found) return found;
    if (!given.are_given) {
        auto stored = newest(session, {}, given.limit);
        if (!stored) return stored.error();
        wanted.events = std::move(*stored);
    }
    const boost::json::value aliases = boost::json::parse(wanted.aliases);
    event_reader with, without;
    with.use(compile_mappings({wanted.mappings}));
    json::writer out(into.body);
    out.begin_object().key("items").begin_array();
    for (const sampled_event& each : given.are_given ? given.events : wanted.events) {
        out.begin_object().key("id");
        if (each.id.empty()) out.null();
        else out.string(each.id);
        out.key("columns");
        write_columns(with, each, out);
        out.key("builtin");
        write_columns(without, each, out);
        out.key("aliases");
        write_aliases(aliases.as_object(), each, out);
        out.end_object();
    }
    out.end_array().end_object();
    return {};
}

constexpr std::string_view columns_schema =
    R"({"type":"object","required":["timestamp","host","source","channel","event_code","severity"],)"
    R"("additionalProperties":{"type":["string","null"]}})";

operation trial_operation() {
    operation made = make_operation(field_mappings(), method::post, "/test", "test_field_mapping",
                                    "What events become by a mapping, and by the builtin ones alone.");
    made.body = body_kind::json;
    made.is_about_version = false;
    made.fields = {
        {"mapping_id", R"({"type":"string"})", false, "A stored mapping, or:"},
        {"mappings", R"({"type":"object"})", false, "One that is not stored."},
        {"aliases", R"({"type":"object"})", false, "Its aliases."},
        {"events", R"({"type":"array","items":{"type":"object"},"minItems":1,"maxItems":100})", false,
         "Events; without them the newest stored ones are taken."},
        {"limit", R"({"type":"integer","minimum":1,"maximum":100,"default":10})", false, "How many stored ones."}};
    made.reply_schema =
        R"({"type":"object","required":["items"],"properties":{"items":{"type":"array","items":{"type":"object",)"
        R"("required":["id","columns","builtin","aliases"],"properties":{"id":{"type":["string","null"]},"columns":)" +
        std::string(columns_schema) + R"(,"builtin":)" + std::string(columns_schema) +
        R"(,"aliases":{"type":"object","additionalProperties":{"type":["string","null"]}}}}}}})";
    made.check = check_trial;
    made.read = run_trial;
    return made;
}

// -- POST /field-mappings/discover ---

struct discovery_input : input {
    event_conditions conditions;
    std::int64_t limit = sample_max;
};

std::optional<problem> check_discovery(const operation& what, call& request) {
    std::vector<fault> faults = refuse_parameters(*what.of, request.query, std::array<std::string_view, 1>{"limit"});
    auto parsed = std::make_unique<discovery_input>();
    if (auto wrong = read_limit(request.query, parsed->limit)) faults.push_back(std::move(*wrong));
    parsed->conditions = read_event_conditions(what, request);
    for (fault& wrong : parsed->conditions.faults) faults.push_back(std::move(wrong));
    if (!faults.empty()) return problem_of(problem_code::bad_request, std::move(faults));
    request.parsed = std::move(parsed);
    return std::nullopt;
}

// Counts in how many events each path has a value.
class path_counter {
public:
    struct found {
        std::int64_t events = 0;
        std::string example;
    };

    void take(std::string_view fields) {
        seen_.clear();
        at_.clear();
        json::scanner(fields, *this, query::json_depth_max).run();
    }
    // The most frequent first, those of equal counts in the order of their bytes.
    std::vector<std::pair<std::string_view, const found*>> ordered() const {
        std::vector<std::pair<std::string_view, const found*>> all;
        for (const auto& [path, what] : paths_) all.emplace_back(path, &what);
        std::sort(all.begin(), all.end(), [](const auto& one, const auto& other) {
            if (one.second->events != other.second->events) return one.second->events > other.second->events;
            return one.first < other.first;
        });
        if (all.size() > paths_max) all.resize(paths_max);
        return all;
    }

    void begin(char) { at_.begin(); }
    void end(char) { at_.end(); }
    void key(std::string_view raw, bool escaped) { at_.key(raw, escaped); }
    void value(json::scalar kind, std::string_view raw, bool) {
        if (kind == json::scalar::null || at_.text().empty() || !at_.is_named()) return;
        if (!seen_.emplace(at_.text()).second) return;
        found& of = paths_[std::string(at_.text())];
        if (++of.events == 1) of.example = quoted(raw);
    }

private:
    static constexpr std::size_t paths_max = 1'000;
    query::json_path at_;
    std::unordered_set<std::string> seen_;  // of the event at hand
    std::map<std::string, found, std::less<>> paths_;
};

// The last name of a path without what it is written with: `winlog.computer_name` is `computername`.
std::string bare_name(std::string_view path) {
    std::string name;
    for (const char c : path.substr(path.rfind('.') + 1)) {
        const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (is_letter) name += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
    return name;
}

// What the builtin mappings take a name for, wherever in the event it stands.
std::optional<event_column> suggestion_for(std::string_view path) {
    static const auto* known = [] {
        auto* made = new std::unordered_map<std::string, event_column>;
        for (const event_mapping& each : builtin_mappings())
            if (each.with.empty() && each.without.empty()) made->try_emplace(bare_name(each.path), each.into);
        return made;
    }();
    const auto found = known->find(bare_name(path));
    return found == known->end() ? std::nullopt : std::optional(found->second);
}

result<void> discover(const operation&, read_session& session, const call& request, reply& into) {
    const auto& wanted = static_cast<const discovery_input&>(*request.parsed);
    into.clear();
    auto events = newest(session, wanted.conditions, wanted.limit);
    if (!events) return events.error();
    path_counter counter;
    for (const sampled_event& each : *events) counter.take(each.fields);
    json::writer out(into.body);
    out.begin_object().key("events").integer(static_cast<std::int64_t>(events->size())).key("items").begin_array();
    const auto column = [&](std::string_view name, std::optional<event_column> of) {
        out.key(name);
        if (of) out.string(event_column_names[static_cast<std::size_t>(*of)]);
        else out.null();
    };
    for (const auto& [path, found] : counter.ordered()) {
        out.begin_object().key("path").string(path).key("events").integer(found->events);
        out.key("example").string(found->example);
        const auto* entry = event_mappings::builtin().find(path);
        const bool is_mapped = entry != nullptr && entry->rank != event_mappings::entry::no_rank;
        column("builtin", is_mapped ? std::optional(entry->into) : std::nullopt);
        column("suggested", is_mapped ? std::nullopt : suggestion_for(path));
        out.end_object();
    }
    out.end_array().end_object();
    return {};
}

operation discovery_operation() {
    operation made =
        make_operation(field_mappings(), method::post, "/discover", "discover_event_fields",
                       "Which fields the newest events have, by frequency, with columns that they may be.");
    made.of = &events();
    made.is_about_version = false;
    made.parameters = filter_parameters(events());
    made.parameters.push_back({"limit", R"({"type":"integer","minimum":1,"maximum":1000,"default":1000})", false,
                               "How many events are looked at."});
    made.reply_schema =
        R"({"type":"object","required":["events","items"],"properties":{"events":{"type":"integer"},"items":{)"
        R"("type":"array","items":{"type":"object","required":["path","events","example","builtin","suggested"],)"
        R"("properties":{"path":{"type":"string"},"events":{"type":"integer"},"example":{"type":"string"},)"
        R"("builtin":{"type":["string","null"]},"suggested":{"type":["string","null"]}}}}}})";
    made.check = check_discovery;
    made.read = discover;
    return made;
}

}  // namespace

std::vector<operation> mapping_trial_operations() {
    std::vector<operation> all;
    all.push_back(trial_operation());
    all.push_back(discovery_operation());
    return all;
}

}  // namespace carrel::siem
