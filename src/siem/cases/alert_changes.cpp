#include "siem/cases/alert_changes.hpp"

#include "json/writer.hpp"
#include "resource/problems.hpp"
#include "resource/references.hpp"
#include "resource/same_caller.hpp"
#include "resource/state_machine.hpp"
#include "siem/alert_fields.hpp"
#include "siem/alerts.hpp"
#include "siem/cases/alert_links.hpp"
#include "siem/cases/case_links.hpp"

#include <algorithm>

// POST /alerts/changes. A reader finds which alerts are meant; the writer changes them in transactions of bounded length, between
// which others have their turn.
namespace carrel::siem {

namespace {

constexpr std::size_t slice = 100;

struct changes_step : input {
    std::shared_ptr<const alert_changes> wanted;
    std::size_t at = 0;
    std::int64_t failed = 0;
    std::string items = "[";  // a JSON array that is not closed
};

result<std::vector<std::string>> find_ids(read_session& session, const call& request, const alert_changes& wanted,
                                          reply& into) {
    const conditions filters = read_conditions(alerts(), wanted.filter, request.now);
    auto rows = session.prepare(
        read_sql::dynamic("SELECT id FROM alerts" + filters.where + " ORDER BY created_at DESC, id DESC LIMIT ?"));
    if (!rows) return rows.error();
    std::vector<value> bound = filters.values;
    bound.emplace_back(alert_changes_max + 1);
    rows->bind_borrowed(bound);
    std::vector<std::string> ids;
    for (;;) {
        auto more = rows->step();
        if (!more) return more.error();
        if (!*more) return ids;
        if (std::ssize(ids) == alert_changes_max)
            return refuse(into, problem_of(problem_code::invalid, "filter",
                                           "finds more than " + std::to_string(alert_changes_max) + " alerts"));
        ids.emplace_back(rows->text(0));
    }
}

result<void> prepare_changes(const operation&, read_session& session, const call& request, reply& into) {
    into.clear();
    auto& given = static_cast<alert_changes&>(*request.parsed);
    auto wanted = std::make_shared<alert_changes>();
    wanted->action = given.action;
    wanted->given = given.given;
    wanted->note = given.note;
    wanted->ids = given.ids;
    if (!given.filter.empty()) {
        auto ids = find_ids(session, request, given, into);
        if (!ids) return ids.error();
        wanted->ids = std::move(*ids);
    }
    auto step = std::make_unique<changes_step>();
    step->wanted = std::move(wanted);
    into.rest = std::move(step);
    return {};
}

void add_tags(const record& before, const value& more, record& after, std::vector<fault>& faults) {
    std::vector<std::string> tags = items_of(before.values[at().tags]);
    for (std::string& each : items_of(more))
        if (std::find(tags.begin(), tags.end(), each) == tags.end()) tags.push_back(std::move(each));
    const auto most = alerts().fields[at().tags].max;
    if (std::ssize(tags) > most) faults.push_back({"tags", 0, "would be more than " + std::to_string(most)});
    after.values[at().tags] = list_text(tags);
}

void remove_tags(const record& before, const value& less, record& after) {
    std::vector<std::string> tags = items_of(before.values[at().tags]);
    const auto gone = items_of(less);
    std::erase_if(tags,
                  [&](const std::string& each) { return std::find(gone.begin(), gone.end(), each) != gone.end(); });
    after.values[at().tags] = list_text(tags);
}

void write_item(std::string& items, const std::string& id, const reply& one) {
    if (items.size() > 1) items += ',';
    json::writer out(items);
    out.begin_object().key("id").string(id).key("ok").boolean(!one.refused);
    if (one.refused) out.key("detail").string(one.refused->detail);
    out.end_object();
}

// With an idempotency key the outcome is kept in one transaction with all that led to it.
result<void> change_slice(const operation&, write_session& session, const call& request, reply& into) {
    const auto& from = static_cast<const changes_step&>(*request.parsed);
    into.clear();
    const auto& ids = from.wanted->ids;
    auto next = std::make_unique<changes_step>();
    next->wanted = from.wanted;
    next->failed = from.failed;
    next->items = from.items;
    const std::size_t end = request.idempotency ? ids.size() : std::min(ids.size(), from.at + slice);
    bool yields = false;
    for (next->at = from.at; next->at < end && !yields; ++next->at) {
        reply one;
        auto done = session.attempt([&] { return change_alert(session, request, *from.wanted, ids[next->at], one); });
        if (!done && !one.refused) return done;
        next->failed += one.refused ? 1 : 0;
        write_item(next->items, ids[next->at], one);
        yields = !request.idempotency && session.should_yield();
    }
    if (next->at < ids.size()) {
        into.rest = std::move(next);
        return {};
    }
    json::writer out(into.body);
    out.begin_object().key("succeeded").integer(std::ssize(ids) - next->failed).key("failed").integer(next->failed);
    out.key("items").raw(next->items + "]").end_object();
    return {};
}

constexpr std::string_view reply_schema =
    R"({"type":"object","required":["succeeded","failed","items"],"properties":{"succeeded":{"type":"integer"},)"
    R"("failed":{"type":"integer"},"items":{"type":"array","items":{"type":"object","required":["id","ok"],)"
    R"("properties":{"id":{"type":"string"},"ok":{"type":"boolean"},"detail":{"type":"string"}}}}}})";

}  // namespace

result<void> change_alert(write_session& session, const call& request, const alert_changes& wanted,
                          const std::string& id, reply& into) {
    call about = by_same_caller(request);
    about.path[0] = id;
    auto before = load(alerts(), session, about, into);
    if (!before) return before.error();
    record after = *before;
    std::vector<fault> faults;
    switch (wanted.action) {
        case alert_action::status:
            return move(alerts(), alerts().machines.front(), session, about, *before,
                        std::get<std::int64_t>(wanted.given), std::move(after), wanted.note, into);
        case alert_action::link:
            return link_alert(session, about, *before, std::get<std::string>(wanted.given), wanted.note, into);
        case alert_action::unlink: return unlink_alert(session, about, *before, wanted.note, into);
        case alert_action::assign: after.values[at().assigned_to] = wanted.given; break;
        case alert_action::disposition: after.values[at().disposition] = wanted.given; break;
        case alert_action::tag: add_tags(*before, wanted.given, after, faults); break;
        case alert_action::untag: remove_tags(*before, wanted.given, after); break;
    }
    if (!faults.empty()) return refuse(into, problem_of(problem_code::invalid, std::move(faults)));
    return save(alerts(), session, about, *before, std::move(after), wanted.note, into);
}

operation alert_changes_operation() {
    operation made = make_operation(alerts(), method::post, "/changes", "change_alerts",
                                    "Does one thing to many alerts, each with a result of its own.");
    made.is_about_version = false;
    made.is_audited = true;
    made.body = body_kind::json;
    made.fields = document(alert_changes_fields(), false);
    made.reply_schema = reply_schema;
    made.check = check_alert_changes;
    made.read = prepare_changes;
    made.write = change_slice;
    return made;
}

}  // namespace carrel::siem
