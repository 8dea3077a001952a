#include "json/writer.hpp"
#include "resource/listing.hpp"
#include "resource/problems.hpp"
#include "siem/event_finder.hpp"
#include "siem/event_list.hpp"
#include "siem/events.hpp"

// What happened on a host before and after an event.
namespace carrel::siem {

namespace {

struct around_input : input {
    std::int64_t each_way = 10;
};

std::optional<problem> check_around(const operation& what, call& request) {
    if (auto wrong = check_address(what, request)) return wrong;
    std::vector<fault> faults = refuse_repeats(request.query);
    auto parsed = std::make_unique<around_input>();
    if (auto wrong = read_number(request.query, "n", 100, parsed->each_way)) faults.push_back(std::move(*wrong));
    if (!faults.empty()) return problem_of(problem_code::bad_request, std::move(faults));
    request.parsed = std::move(parsed);
    return std::nullopt;
}

result<void> append_side(read_session& session, const event_list_request& parameters, json::writer& out) {
    auto page = list_events(session, parameters);
    if (!page) return page.error();
    out.begin_array();
    std::int64_t written = 0;
    for (const auto& [at, entry] : page->entries())
        if (written++ < parameters.limit) out.raw(entry.json);
    out.end_array();
    return {};
}

result<void> around(const operation&, read_session& session, const call& request, reply& into) {
    const auto& parameters = static_cast<const around_input&>(*request.parsed);
    into.clear();
    auto finder = event_finder::open(session);
    if (!finder) return finder.error();
    auto found = finder->find(request.path[0]);
    if (!found) return found.error();
    if (!*found) return refuse(into, not_found("event", request.path[0]));
    auto head = finder->head();
    if (!head) return head.error();
    event_list_request side;
    side.limit = parameters.each_way;
    side.after = event_place{head->at, head->id};
    if (const auto host = head->texts[segments::host]) side.conditions.texts[segments::host] = {std::string(*host)};
    json::writer out(into.body);
    out.begin_object().key("event").raw("");
    if (auto done = finder->append_event(into.body); !done) return done;
    out.key("before");
    if (auto done = append_side(session, side, out); !done) return done;
    out.key("after");
    side.order = direction::oldest_first;
    if (auto done = append_side(session, side, out); !done) return done;
    out.end_object();
    return {};
}

constexpr std::string_view around_schema =
    R"({"type":"object","required":["event","before","after"],"properties":{)"
    R"("event":{"$ref":"#/components/schemas/event"},)"
    R"("before":{"type":"array","items":{"$ref":"#/components/schemas/event"}},)"
    R"("after":{"type":"array","items":{"$ref":"#/components/schemas/event"}}}})";

}  // namespace

operation event_around_operation() {
    operation made;
    made.path = "/events/{id}/around";
    made.id = "get_events_around";
    made.summary = "The events of the same host before and after one, the nearest first.";
    made.parameters.push_back(
        {"n", R"({"type":"integer","minimum":1,"maximum":100,"default":10})", false, "How many each way."});
    made.reply_schema = around_schema;
    made.of = &events();
    made.check = check_around;
    made.read = around;
    return made;
}

}  // namespace carrel::siem
