// POST /listeners/{id}/start, /stop and /restart. The write says what is wanted, and who runs the listeners does it before the
// reply goes out (listener_control.hpp).
#include "json/writer.hpp"
#include "resource/problems.hpp"
#include "siem/listeners/listener_control.hpp"
#include "siem/listeners/listener_store.hpp"
#include "siem/listeners/listeners.hpp"

#include <algorithm>

namespace carrel::siem {

namespace {

enum class wanted_change { start, stop, restart };

struct places {
    std::size_t host, enabled, status, detail, restarts;
};
const places& at() {
    static const places found = [] {
        const auto of = [](std::string_view name) { return listeners().position(name); };
        return places{of("host"), of("enabled"), of("status"), of("status_detail"), of("restarts")};
    }();
    return found;
}

// Why it cannot be; empty if it can.
std::string fault_in(wanted_change change, const record& row) {
    const bool is_wanted = row.integer(at().enabled) != 0;
    if (change == wanted_change::stop) return is_wanted ? "" : "the listener does not run";
    const bool has_failed = row.integer(at().status) == static_cast<std::int64_t>(listener_status::error);
    if (change == wanted_change::start && is_wanted && !has_failed) return "the listener runs already";
    if (std::string why = fault_in_listener_host(*row.text(at().host)); !why.empty()) return "the host " + why;
    return listeners_in_force() == nullptr ? "this server runs no listeners" : "";
}

result<void> change_state(wanted_change change, write_session& session, const call& request, reply& into) {
    into.clear();
    auto before = load(listeners(), session, request, into);
    if (!before) return before.error();
    if (std::string why = fault_in(change, *before); !why.empty())
        return refuse(into, {problem_code::conflict, std::move(why), {}});
    record after = *before;
    after.values[at().enabled] = std::int64_t{change != wanted_change::stop};
    if (change != wanted_change::stop) {
        after.values[at().status] = static_cast<std::int64_t>(listener_status::starting);
        after.values[at().detail] = value();
        after.values[at().restarts] = before->integer(at().restarts) + 1;
    }
    return save(listeners(), session, request, *before, std::move(after), {}, into);
}

operation change_operation(wanted_change change, std::string verb, std::string summary) {
    operation made = make_operation(listeners(), method::post, "/{id}/" + verb, verb + "_listener", std::move(summary));
    made.needs = permission::admin_system;
    made.reply_schema = R"({"$ref":"#/components/schemas/listener"})";
    made.write = [change](const operation&, write_session& session, const call& request, reply& into) {
        return change_state(change, session, request, into);
    };
    return made;
}

constexpr std::string_view stats_schema =
    R"({"type":"object","required":["status","received","stored","dead_letters","dropped","queued","lost","cut",)"
    R"("connections","connections_refused","events_per_second","error_count","last_event_at","started_at",)"
    R"("uptime_seconds"],"properties":{)"
    R"("status":{"enum":["stopped","starting","running","error"]},"received":{"type":"integer"},)"
    R"("stored":{"type":"integer"},"dead_letters":{"type":"integer"},"dropped":{"type":"integer"},)"
    R"("queued":{"type":"integer"},"lost":{"type":"integer"},"cut":{"type":"integer"},)"
    R"("connections":{"type":"integer"},"connections_refused":{"type":"integer"},)"
    R"("events_per_second":{"type":"number"},"error_count":{"type":"integer"},)"
    R"("last_event_at":{"type":["string","null"],"format":"date-time"},)"
    R"("started_at":{"type":["string","null"],"format":"date-time"},"uptime_seconds":{"type":"integer"}}})";

void write_time(json::writer& out, std::string_view name, std::optional<timestamp> at) {
    out.key(name);
    if (!at) {
        out.null();
        return;
    }
    std::string text;
    append_time(text, *at);
    out.string(text);
}

void write_stats(const stored_listener& of, const listener_counts& counted, timestamp now, std::string& json) {
    const bool runs = of.status == listener_status::running;
    const std::int64_t up = runs && of.started_at ? std::max<std::int64_t>(0, now - *of.started_at) : 0;
    json::writer out(json);
    out.begin_object().key("status").string(listener_statuses[static_cast<std::size_t>(of.status)]);
    out.key("received").integer(counted.received).key("stored").integer(counted.stored);
    out.key("dead_letters").integer(counted.dead_letters).key("dropped").integer(counted.dropped);
    out.key("queued").integer(counted.queued()).key("lost").integer(counted.lost).key("cut").integer(counted.cut);
    out.key("connections").integer(counted.connections).key("connections_refused").integer(counted.refused);
    out.key("events_per_second").real(runs ? counted.events_per_second : 0);
    out.key("error_count").integer(counted.dead_letters + counted.dropped + counted.lost + counted.refused);
    write_time(out, "last_event_at", counted.last_event_at);
    write_time(out, "started_at", of.started_at);
    out.key("uptime_seconds").integer(up / 1'000'000).end_object();
}

result<void> get_stats(const operation&, read_session& session, const call& request, reply& into) {
    into.clear();
    auto found = load_listener(session, request.path[0]);
    if (!found) return found.error();
    if (!*found) return refuse(into, not_found("listener", request.path[0]));
    const auto control = listeners_in_force();
    const auto live = control ? control->counts(request.path[0]) : std::nullopt;
    write_stats(**found, live ? *live : (*found)->counted, request.now, into.body);
    return {};
}

}  // namespace

operation listener_stats_operation() {
    operation made = make_operation(listeners(), method::get, "/{id}/stats", "get_listener_stats",
                                    "What a listener has counted, to the moment.");
    made.is_about_version = false;
    made.reply_schema = stats_schema;
    made.read = get_stats;
    return made;
}

std::vector<operation> listener_control_operations() {
    using enum wanted_change;
    return {change_operation(start, "start", "Has a listener listen, and answers once it does or cannot."),
            change_operation(stop, "stop", "Stops a listener once what it has received is stored."),
            change_operation(restart, "restart", "Stops a listener, if it runs, and starts it.")};
}

}  // namespace carrel::siem
