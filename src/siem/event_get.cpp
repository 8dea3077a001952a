#include "json/writer.hpp"
#include "resource/listing.hpp"
#include "resource/problems.hpp"
#include "siem/event_finder.hpp"
#include "siem/events.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <array>

namespace carrel::siem {

namespace {

result<void> get_event(const operation&, read_session& session, const call& request, reply& into) {
    into.clear();
    auto finder = event_finder::open(session);
    if (!finder) return finder.error();
    auto found = finder->find(request.path[0]);
    if (!found) return found.error();
    if (!*found) return refuse(into, not_found("event", request.path[0]));
    return finder->append_event(into.body);
}

// -- POST /events/get ---

struct ids_input : input {
    std::vector<std::string> ids;  // in order, each once
};

const std::array<field, 1>& ids_fields() {
    static const std::array<field, 1> fields = {{{.name = "ids",
                                                  .kind = field_kind::text_list,
                                                  .required = true,
                                                  .max = 1000,
                                                  .item_max = 128,
                                                  .summary = "Of the events."}}};
    return fields;
}

std::optional<problem> check_ids(const operation& what, call& request) {
    if (auto wrong = check_address(what, request)) return wrong;
    given_members given;
    std::optional<problem> refused;
    if (!read_input(ids_fields(), request, given, refused)) return refused;
    auto parsed = std::make_unique<ids_input>();
    const auto list = boost::json::parse(std::get<std::string>(*given[0]));
    for (const auto& each : list.as_array()) {
        const auto& id = each.as_string();
        parsed->ids.emplace_back(id.data(), id.size());
    }
    // In the order of their ids events of one segment follow each other.
    std::sort(parsed->ids.begin(), parsed->ids.end());
    parsed->ids.erase(std::unique(parsed->ids.begin(), parsed->ids.end()), parsed->ids.end());
    request.parsed = std::move(parsed);
    return std::nullopt;
}

result<void> get_events(const operation&, read_session& session, const call& request, reply& into) {
    const auto& ids = static_cast<const ids_input&>(*request.parsed).ids;
    into.clear();
    auto finder = event_finder::open(session);
    if (!finder) return finder.error();
    std::vector<std::string_view> missing, left_out;
    json::writer out(into.body);
    out.begin_object().key("items").begin_array();
    for (const std::string& id : ids) {
        if (into.body.size() >= page_bytes_max) {
            left_out.push_back(id);
            continue;
        }
        auto found = finder->find(id);
        if (!found) return found.error();
        if (!*found) {
            missing.push_back(id);
            continue;
        }
        out.raw("");
        if (auto done = finder->append_event(into.body); !done) return done;
    }
    out.end_array();
    const auto write = [&](std::string_view name, std::span<const std::string_view> list) {
        out.key(name).begin_array();
        for (const std::string_view id : list) out.string(id);
        out.end_array();
    };
    write("missing", missing);
    write("left_out", left_out);
    out.end_object();
    return {};
}

constexpr std::string_view events_schema =
    R"({"type":"object","required":["items","missing","left_out"],"properties":{"items":{"type":"array",)"
    R"("items":{"$ref":"#/components/schemas/event"}},"missing":{"type":"array","items":{"type":"string"}},)"
    R"("left_out":{"type":"array","items":{"type":"string"}}}})";

}  // namespace

operation event_get_operation() {
    operation made = get_operation(events());
    made.check = check_address;
    made.read = get_event;
    return made;
}

operation events_get_operation() {
    operation made;
    made.method = method::post;
    made.path = "/events/get";
    made.id = "get_events";
    made.summary = "Events by their ids, in the order of these.";
    made.body = body_kind::json;
    made.fields = document(ids_fields(), false);
    made.reply_schema = events_schema;
    made.of = &events();
    made.needs = permission::read_events;
    made.check = check_ids;
    made.read = get_events;
    return made;
}

}  // namespace carrel::siem
