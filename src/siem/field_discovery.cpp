#include "json/scanner.hpp"
#include "json/writer.hpp"
#include "query/json_path.hpp"
#include "resource/listing.hpp"
#include "resource/problems.hpp"
#include "siem/event_mapping.hpp"
#include "siem/event_sample.hpp"
#include "siem/events.hpp"
#include "siem/field_mappings.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <unordered_map>
#include <unordered_set>

// POST /field-mappings/discover: what events have that could be mapped.
namespace carrel::siem {

namespace {

constexpr std::int64_t sample_max = 1'000;

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
    auto events = newest_events(session, wanted.conditions, wanted.limit);
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

}  // namespace

operation mapping_discovery_operation() {
    operation made =
        make_operation(field_mappings(), method::post, "/discover", "discover_event_fields",
                       "Which fields the newest events have, by frequency, with columns that they may be.");
    made.of = &events();
    made.needs = access::requirement::all_of(permission_set::of({permission::read_rules, permission::read_events}));
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

}  // namespace carrel::siem
