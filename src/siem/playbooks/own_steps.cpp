#include "siem/playbooks/own_steps.hpp"

#include "resource/field.hpp"
#include "resource/problems.hpp"
#include "resource/references.hpp"
#include "resource/state_machine.hpp"
#include "siem/alert_status.hpp"
#include "siem/alerts.hpp"
#include "siem/indicators.hpp"
#include "siem/playbooks/investigation_notes.hpp"

#include <algorithm>

namespace carrel::siem {

namespace {

namespace json_of = boost::json;

// A user's name has no colon.
std::string principal_of(const step_subject& about) { return "playbook:" + about.playbook_id; }

call call_about(const step_subject& about) {
    call made;
    made.path[0] = about.alert_id;
    made.principal = principal_of(about);
    made.now = about.now;
    return made;
}

step_outcome failed(std::string why) { return {.status = step_status::failed, .error = std::move(why), .output = {}}; }
step_outcome succeeded(json_of::value output) {
    return {.status = step_status::succeeded, .error = {}, .output = std::move(output)};
}

// -- update_alert ---

void add_tags(const json_of::value& given, record& into) {
    const std::size_t place = alerts().position("tags");
    auto tags = items_of(into.values[place]);
    const auto most = static_cast<std::size_t>(alerts().fields[place].max);
    for (const auto& each : given.as_array()) {
        std::string tag(each.as_string().data(), each.as_string().size());
        if (tags.size() < most && std::find(tags.begin(), tags.end(), tag) == tags.end())
            tags.push_back(std::move(tag));
    }
    into.values[place] = list_text(tags);
}

void take_members(const step_definition& step, record& into) {
    for (const std::string_view name : {"disposition", "severity"}) {
        const std::size_t place = alerts().position(name);
        if (const auto given = index_of(alerts().fields[place].values, step.parameter(name)))
            into.values[place] = *given;
    }
    if (auto given = step.parameter("assigned_to"); !given.empty())
        into.values[alerts().position("assigned_to")] = std::move(given);
    if (const auto* given = step.parameters.if_contains("add_tags"); given != nullptr && given->is_array())
        add_tags(*given, into);
}

// By the machine of the alert itself. One that has the status already stays.
result<void> change_alert(write_session& session, const step_definition& step, const step_subject& about, reply& into) {
    const call request = call_about(about);
    auto before = load(alerts(), session, request, into);
    if (!before) return before.error();
    record after = *before;
    take_members(step, after);
    const std::string note = step.parameter("note");
    const auto to = index_of(alert_statuses, step.parameter("status"));
    if (!to || *to == before->integer(alerts().position("status")))
        return save(alerts(), session, request, *before, std::move(after), note, into);
    return move(alerts(), alerts().machines.front(), session, request, *before, *to, std::move(after), note, into);
}

// What the change starts is one deeper than what made it.
result<void> change_at_depth(write_session& session, const step_definition& step, const step_subject& about,
                             reply& into) {
    if (auto done = session.execute("UPDATE playbook_watch SET depth = ?", about.depth + 1); !done) return done;
    if (auto done = change_alert(session, step, about, into); !done) return done;
    return session.execute("UPDATE playbook_watch SET depth = 0");
}

result<step_outcome> update_alert(write_session& session, const step_definition& step, const step_subject& about) {
    if (about.alert_id.empty()) return failed("there is no alert");
    reply into;
    auto done = session.attempt([&] { return change_at_depth(session, step, about, into); });
    if (!done && into.refused) return failed(into.refused->detail);
    if (!done) return done.error();
    return succeeded(json_of::object{{"alert_version", into.version}});
}

// -- enrich_ioc ---

json_of::object shown(const record& row) {
    const indicator_fields& at = ioc_at();
    const auto name = [&](std::size_t place) {
        const std::string_view text = iocs().fields[place].values[static_cast<std::size_t>(row.integer(place))];
        return json_of::string(text.data(), text.size());
    };
    return {{"id", *row.text(at.id)},
            {"type", name(at.type)},
            {"status", name(at.status)},
            {"severity", name(at.severity)},
            {"confidence", row.integer(at.confidence)},
            {"hit_count", row.integer(at.hit_count)}};
}

result<step_outcome> enrich(read_session& session, const step_definition& step) {
    constexpr std::size_t found_max = 20;
    json_of::array found;
    std::vector<std::string> ids;
    for (const std::string& form : forms_of(step.parameter("value"))) {
        auto more = session.all<std::string>(read_sql("SELECT id FROM iocs WHERE normalized = ? LIMIT 20"), form);
        if (!more) return more.error();
        for (std::string& id : *more)
            if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(std::move(id));
    }
    for (std::size_t i = 0; i < ids.size() && i < found_max; ++i) {
        auto row = find(iocs(), session, ids[i]);
        if (!row) return row.error();
        if (*row) found.push_back(shown(**row));
    }
    return succeeded(json_of::object{{"found", ids.size()}, {"indicators", std::move(found)}});
}

// -- add_note ---

result<step_outcome> note_of_alert(write_session& session, const std::string& note, const step_subject& about) {
    reply into;
    auto alert = load(alerts(), session, call_about(about), into);
    if (!alert && into.refused) return failed(into.refused->detail);
    if (!alert) return alert.error();
    auto done = session.execute(
        "INSERT INTO history(resource, row, field, from_value, to_value, at, changed_by, note) "
        "VALUES (?, ?, 'note', NULL, NULL, ?, ?, ?)",
        alerts().table, alert->row, about.now, principal_of(about), note);
    if (!done) return done.error();
    return succeeded({});
}

result<step_outcome> add_note(write_session& session, const step_definition& step, const step_subject& about) {
    const std::string note = step.parameter("note");
    if (!about.alert_id.empty()) return note_of_alert(session, note, about);
    if (about.investigation_id.empty()) return failed("there is neither an alert nor an investigation");
    auto why = add_investigation_note(session, about.investigation_id, note, principal_of(about), about.now);
    if (!why) return why.error();
    return why->empty() ? succeeded({}) : failed(std::move(*why));
}

}  // namespace

result<step_outcome> do_own_step(write_session& session, const step_definition& step, const step_subject& about) {
    switch (step.type) {
        case step_type::update_alert: return update_alert(session, step, about);
        case step_type::enrich_ioc: return enrich(session, step);
        case step_type::add_note: return add_note(session, step, about);
        default: return failed("somebody else has to be asked");
    }
}

}  // namespace carrel::siem
