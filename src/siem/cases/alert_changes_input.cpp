#include "resource/filter_object.hpp"
#include "resource/idempotency.hpp"
#include "resource/problems.hpp"
#include "resource/references.hpp"
#include "siem/alert_status.hpp"
#include "siem/alerts.hpp"
#include "siem/cases/alert_changes.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>

namespace carrel::siem {

namespace {

enum place : std::size_t { action, ids, filter, note, status, assigned_to, tags, disposition, investigation_id };

// The member that says what an action is to do; of the last one there is none.
constexpr std::array<std::optional<place>, alert_actions.size()> taken = {
    status, assigned_to, tags, tags, disposition, investigation_id, std::nullopt};
constexpr std::array own_members = {status, assigned_to, tags, disposition, investigation_id};

constexpr std::array<permission, alert_actions.size()> needed = {
    permission::alert_acknowledge,   permission::alert_assign,      permission::write_alerts,
    permission::write_alerts,        permission::alert_disposition, permission::write_investigations,
    permission::write_investigations};

std::string name_of(place which) { return std::string(alert_changes_fields()[which].name); }

bool is_null(const std::optional<value>& given) { return !given || std::holds_alternative<std::monostate>(*given); }

// Each action takes its own member; only an assignment may be to nobody.
void check_member(const given_members& given, alert_action which, std::vector<fault>& faults) {
    const auto own = taken[static_cast<std::size_t>(which)];
    for (const place each : own_members)
        if (own != each && given[each]) faults.push_back({name_of(each), 0, "is not taken by this action"});
    if (!own) return;
    if (!given[*own] || (is_null(given[*own]) && *own != assigned_to))
        faults.push_back({name_of(*own), 0, "is required"});
    else if (*own == tags && std::get<std::string>(*given[tags]) == "[]")
        faults.push_back({"tags", 0, "must have at least 1 items"});
}

void read_which(const call& request, const given_members& given, alert_changes& into, std::vector<fault>& faults) {
    if (is_null(given[ids]) == is_null(given[filter])) {
        faults.push_back({"ids", 0, "is required, or a `filter`, and not both"});
    } else if (given[ids]) {
        into.ids = items_of(*given[ids]);
        if (into.ids.empty()) faults.push_back({"ids", 0, "must have at least 1 items"});
    } else {
        const boost::json::value object = boost::json::parse(std::get<std::string>(*given[filter]));
        into.filter = read_filters(alerts(), object.as_object(), request.now, faults);
    }
}

std::optional<problem> require_right(const call& request, alert_action which) {
    const permission wanted = needed[static_cast<std::size_t>(which)];
    if (request.who == nullptr || request.who->may.has(wanted)) return std::nullopt;
    const auto name = std::string(access::name_of(wanted));
    return problem{problem_code::forbidden,
                   "The action " + std::string(alert_actions[static_cast<std::size_t>(which)]) +
                       " needs the permission " + name + ".",
                   {{"action", 0, "needs the permission " + name}}};
}

}  // namespace

const std::vector<field>& alert_changes_fields() {
    using enum field_kind;
    static const std::vector<field> all = {
        {.name = "action", .kind = enumeration, .required = true, .values = alert_actions},
        {.name = "ids", .kind = text_list, .max = alert_changes_max, .item_max = 128, .summary = "Which alerts; or:"},
        {.name = "filter",
         .kind = object,
         .max = 10'000,
         .summary = "Filters of the list of alerts; they find at most 1000."},
        {.name = "note", .max = 10'000, .summary = "Why; it is kept in the history."},
        {.name = "status", .kind = enumeration, .values = alert_statuses},
        {.name = "assigned_to", .max = 200, .summary = "Null: nobody."},
        {.name = "tags", .kind = text_list, .max = 50, .item_max = 100},
        {.name = "disposition", .kind = enumeration, .values = dispositions},
        {.name = "investigation_id", .min = 1, .max = 128},
    };
    return all;
}

std::optional<problem> check_alert_changes(const operation& what, call& request) {
    if (auto wrong = check_address(what, request)) return wrong;
    given_members given;
    std::optional<problem> refused;
    if (!read_input(alert_changes_fields(), request, given, refused)) return refused;
    auto parsed = std::make_unique<alert_changes>();
    parsed->action = static_cast<alert_action>(std::get<std::int64_t>(*given[action]));
    if (auto denied = require_right(request, parsed->action)) return refuse_body(request, std::move(*denied));
    std::vector<fault> faults;
    check_member(given, parsed->action, faults);
    read_which(request, given, *parsed, faults);
    if (!faults.empty()) return refuse_body(request, problem_of(problem_code::invalid, std::move(faults)));
    if (const auto own = taken[static_cast<std::size_t>(parsed->action)]) parsed->given = *given[*own];
    if (!is_null(given[note])) parsed->note = std::get<std::string>(*given[note]);
    request.parsed = std::move(parsed);
    return std::nullopt;
}

}  // namespace carrel::siem
