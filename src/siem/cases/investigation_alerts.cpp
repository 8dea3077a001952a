#include "base/utf8.hpp"
#include "base/uuid.hpp"
#include "json/writer.hpp"
#include "resource/idempotency.hpp"
#include "resource/links.hpp"
#include "resource/problems.hpp"
#include "resource/same_caller.hpp"
#include "siem/alert_fields.hpp"
#include "siem/alert_status.hpp"
#include "siem/alerts.hpp"
#include "siem/cases/case_links.hpp"
#include "siem/cases/investigations.hpp"

#include <algorithm>

// The investigation of an alert and the alerts of an investigation, from both sides.
namespace carrel::siem {

namespace {

constexpr access::permission_set both =
    access::permission_set::of({permission::write_alerts, permission::write_investigations});

struct members_input : input {
    given_members given;
};

std::optional<problem> check_members(const operation& what, call& request, std::span<const field> rules) {
    if (auto wrong = check_address(what, request)) return wrong;
    auto parsed = std::make_unique<members_input>();
    std::optional<problem> refused;
    if (!read_input(rules, request, parsed->given, refused)) return refused;
    request.parsed = std::move(parsed);
    return std::nullopt;
}

// What a link says beside its ends has no version of its own.
operation link_operation(method verb, std::string path, std::string id, std::string summary) {
    operation made = make_operation(alerts(), verb, "/{id}/investigation", std::move(id), std::move(summary));
    if (!path.empty()) made.path = std::move(path);
    made.is_about_version = false;
    if (verb != method::get) made.needs = access::requirement::all_of(both);
    return made;
}

// -- of an alert ---

std::string first_characters(std::string_view text, std::size_t most) {
    std::string kept;
    for (std::size_t count = 0; count < most && !text.empty(); ++count) {
        const std::size_t size = std::max<std::size_t>(json::first_code_point(text).size, 1);
        kept.append(text.substr(0, size));
        text.remove_prefix(std::min(size, text.size()));
    }
    return kept;
}

std::int64_t priority_of(const record& alert) {
    // Informational alerts are of low priority; the others have one of their own.
    return std::max<std::int64_t>(alert.integer(at().severity) - 1, 0);
}

enum place : std::size_t { title, description, priority, assignee };

const std::vector<field>& opening_fields() {
    static const std::vector<field> all = [] {
        std::vector<field> made;
        for (const std::string_view name : {"title", "description", "priority", "assignee_id"})
            made.push_back(investigations().fields[investigations().position(name)]);
        made[title].required = false;
        made[title].summary = "If it is left out: that of the alert.";
        made[priority].initial.reset();
        made[priority].summary = "If it is left out: that of the alert's severity.";
        return made;
    }();
    return all;
}

given_members members_of(const record& alert, const given_members& members) {
    const resource& of = investigations();
    given_members given(of.fields.size());
    const auto put = [&](std::string_view name, place from) {
        if (members[from] && !std::holds_alternative<std::monostate>(*members[from]))
            given[of.position(name)] = members[from];
    };
    given[of.position("title")].emplace(first_characters("Alert: " + *alert.text(at().title), 200));
    given[of.position("priority")].emplace(priority_of(alert));
    given[of.position("trigger_alert_id")].emplace(*alert.text(alerts().id));
    put("title", title);
    put("description", description);
    put("priority", priority);
    put("assignee_id", assignee);
    return given;
}

result<void> open_from_alert(const operation&, write_session& session, const call& request, reply& into) {
    into.clear();
    auto alert = load(alerts(), session, request, into);
    if (!alert) return alert.error();
    if (const auto* linked = alert->text(at().investigation_id))
        return refuse(into, problem_of(problem_code::conflict, "investigation_id", "is " + *linked + " already"));
    call about = by_same_caller(request);
    about.fresh_id = request.fresh_id;
    record row;
    const auto& members = static_cast<const members_input&>(*request.parsed).given;
    if (auto faults = make_record(investigations(), about, members_of(*alert, members), row); !faults.empty())
        return refuse(into, problem_of(problem_code::invalid, std::move(faults)));
    if (auto done = open_investigation(session, about, row, into); !done) return done;
    if (auto done = link_alert(session, about, *alert, row, {}, into); !done) return done;
    into.clear();
    into.kind = outcome::created;
    into.location = investigations().location(request, *row.text(investigations().id));
    append_record(investigations(), row, into.body);
    return {};
}

operation opening_operation() {
    operation made = link_operation(method::post, "", "open_investigation", "Opens an investigation of an alert.");
    made.body = body_kind::json;
    made.fields = document(opening_fields(), false);
    made.reply_schema = R"({"$ref":"#/components/schemas/investigation"})";
    made.success = outcome::created;
    made.check = [](const operation& what, call& request) { return check_members(what, request, opening_fields()); };
    made.write = open_from_alert;
    return made;
}

constexpr std::array link_fields = {field{.name = "investigation_id", .required = true, .min = 1, .max = 128}};

result<void> link_one(const operation&, write_session& session, const call& request, reply& into) {
    into.clear();
    auto alert = load(alerts(), session, request, into);
    if (!alert) return alert.error();
    const auto& given = static_cast<const members_input&>(*request.parsed).given;
    return link_alert(session, request, *alert, std::get<std::string>(*given[0]), {}, into);
}

operation linking_operation() {
    operation made =
        link_operation(method::patch, "", "link_investigation", "Links an alert with an investigation that is there.");
    made.body = body_kind::merge_patch;
    made.fields = document(link_fields, false);
    made.check = [](const operation& what, call& request) { return check_members(what, request, link_fields); };
    made.write = link_one;
    return made;
}

operation unlinking_operation() {
    operation made =
        link_operation(method::del, "", "unlink_investigation", "Takes an alert out of its investigation.");
    made.write = [](const operation&, write_session& session, const call& request, reply& into) -> result<void> {
        into.clear();
        auto alert = load(alerts(), session, request, into);
        if (!alert) return alert.error();
        if (auto done = unlink_alert(session, request, *alert, {}, into); !done) return done;
        into.clear();
        into.kind = outcome::no_content;
        return {};
    };
    made.reply_schema.clear();
    made.success = outcome::no_content;
    return made;
}

operation reading_operation() {
    operation made =
        link_operation(method::get, "", "get_alert_investigation", "Reads the investigation that an alert belongs to.");
    made.needs = access::requirement::all_of(
        access::permission_set::of({permission::read_alerts, permission::read_investigations}));
    made.reply_schema = R"({"$ref":"#/components/schemas/investigation"})";
    made.read = [](const operation&, read_session& session, const call& request, reply& into) -> result<void> {
        into.clear();
        auto alert = load(alerts(), session, request, into);
        if (!alert) return alert.error();
        const auto* linked = alert->text(at().investigation_id);
        auto found = find(investigations(), session, linked == nullptr ? std::string_view() : *linked);
        if (!found) return found.error();
        if (!*found) return refuse(into, {problem_code::not_found, "The alert is linked with no investigation.", {}});
        append_record(investigations(), **found, into.body);
        return {};
    };
    return made;
}

// -- of an investigation ---

result<record> alert_in_path(read_session& session, const call& request, reply& into) {
    auto found = find(alerts(), session, request.path[1]);
    if (!found) return found.error();
    if (!*found) return refuse(into, not_found("alert", request.path[1]));
    return std::move(**found);
}

result<void> put(const operation&, write_session& session, const call& request, reply& into) {
    into.clear();
    auto investigation = load(investigations(), session, request, into);
    if (!investigation) return investigation.error();
    auto alert = alert_in_path(session, request, into);
    if (!alert) return alert.error();
    if (auto done = link_alert(session, request, *alert, *investigation, {}, into); !done) return done;
    into.clear();
    into.kind = outcome::no_content;
    return {};
}

result<void> cut(const operation&, write_session& session, const call& request, reply& into) {
    into.clear();
    auto alert = alert_in_path(session, request, into);
    if (!alert) return alert.error();
    const auto* linked = alert->text(at().investigation_id);
    if (linked == nullptr || *linked != request.path[0]) return refuse(into, not_found("alert", request.path[1]));
    if (auto done = unlink_alert(session, request, *alert, {}, into); !done) return done;
    into.clear();
    into.kind = outcome::no_content;
    return {};
}

operation pair_operation(method verb, std::string id, std::string summary, write_function work) {
    operation made = link_operation(verb, "/investigations/{id}/alerts/{alert_id}", std::move(id), std::move(summary));
    made.reply_schema.clear();
    made.success = outcome::no_content;
    made.write = std::move(work);
    return made;
}

}  // namespace

std::vector<operation> investigation_alert_operations() {
    std::vector<operation> all;
    all.push_back(opening_operation());
    all.push_back(reading_operation());
    all.push_back(linking_operation());
    all.push_back(unlinking_operation());
    all.push_back(pair_operation(method::put, "put_investigation_alert", "Links an alert with an investigation.", put));
    all.push_back(
        pair_operation(method::del, "cut_investigation_alert", "Takes an alert out of an investigation.", cut));
    all.push_back(linked_list(alerts(), investigations(), "/investigations/{id}/alerts", "investigation_id = ?",
                              "list_investigation_alerts"));
    return all;
}

}  // namespace carrel::siem
