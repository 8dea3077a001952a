#include "base/time.hpp"
#include "json/reader.hpp"
#include "json/value_text.hpp"
#include "json/writer.hpp"
#include "query/path_values.hpp"
#include "resource/idempotency.hpp"
#include "resource/problems.hpp"
#include "siem/event_reader.hpp"
#include "siem/event_sample.hpp"
#include "siem/field_mappings.hpp"
#include "siem/mapping_text.hpp"

#include <boost/json/parse.hpp>

// POST /field-mappings/test: what a mapping would make of events.
namespace carrel::siem {

namespace {

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
        auto stored = newest_events(session, {}, given.limit);
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

}  // namespace

operation mapping_trial_operation() {
    operation made = make_operation(field_mappings(), method::post, "/test", "test_field_mapping",
                                    "What events become by a mapping, and by the builtin ones alone.");
    made.needs = access::requirement::all_of(permission_set::of({permission::read_rules, permission::read_events}));
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

}  // namespace carrel::siem
