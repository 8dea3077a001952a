#include "resource/idempotency.hpp"
#include "resource/problems.hpp"
#include "resource/state_machine.hpp"
#include "siem/alert_fields.hpp"
#include "siem/alert_status.hpp"
#include "siem/alerts.hpp"
#include "siem/cases/alert_links.hpp"
#include "siem/text_blanks.hpp"

// Decisions that change status and disposition together, in one transaction and with one reason.
namespace carrel::siem {

namespace {

// What has ended begins anew. It is not among the changes of `status`: it needs a reason.
constexpr auto reopening_edges = [] {
    using enum alert_status;
    const auto to_pending = [](alert_status from) {
        return edge{static_cast<std::int64_t>(from), static_cast<std::int64_t>(pending)};
    };
    return std::array{to_pending(resolved), to_pending(dismissed), to_pending(false_positive), to_pending(closed)};
}();

const state_machine& reopening() {
    static const state_machine instance{
        .field = "status", .path = "reopen", .to = "to", .note = "reason", .edges = reopening_edges};
    return instance;
}

struct decision {
    const state_machine& (*by)();
    alert_status to;
    std::int64_t disposition;  // a place
    bool needs_reason;
};

struct reason_input : input {
    std::string reason;
};

std::vector<field> body_of(const decision& made) {
    return {{.name = "reason", .required = made.needs_reason, .max = 1000}};
}

std::optional<problem> check_reason(const operation& what, call& request, const decision& made) {
    if (auto wrong = check_address(what, request)) return wrong;
    auto parsed = std::make_unique<reason_input>();
    given_members given;
    std::optional<problem> refused;
    if (!read_input(body_of(made), request, given, refused)) return refused;
    if (given[0])
        if (const auto* text = std::get_if<std::string>(&*given[0])) parsed->reason = without_blanks(*text);
    if (made.needs_reason && parsed->reason.empty())
        return refuse_body(request, problem_of(problem_code::invalid, "reason", "must not be blank"));
    request.parsed = std::move(parsed);
    return std::nullopt;
}

result<void> decide(write_session& session, const call& request, reply& into, const decision& made) {
    into.clear();
    auto before = load(alerts(), session, request, into);
    if (!before) return before.error();
    record after = *before;
    after.values[at().disposition] = made.disposition;
    return move(alerts(), made.by(), session, request, *before, static_cast<std::int64_t>(made.to), std::move(after),
                static_cast<const reason_input&>(*request.parsed).reason, into);
}

operation decision_operation(const decision& made, const std::string& name, std::string summary) {
    operation one = make_operation(alerts(), method::post, "/{id}/" + name, name + "_alert", std::move(summary));
    one.needs = access::requirement::all_of(
        access::permission_set::of({permission::alert_acknowledge, permission::alert_disposition}));
    one.body = body_kind::json;
    one.fields = document(body_of(made), false);
    one.check = [made](const operation& what, call& request) { return check_reason(what, request, made); };
    one.write = [made](const operation&, write_session& session, const call& request, reply& into) {
        return decide(session, request, into, made);
    };
    return one;
}

const state_machine& own_machine() { return alerts().machines.front(); }

}  // namespace

std::vector<operation> alert_decision_operations() {
    const std::int64_t undetermined = *index_of(dispositions, "undetermined"),
                       benign = *index_of(dispositions, "benign");
    std::vector<operation> all;
    all.push_back(decision_operation({own_machine, alert_status::dismissed, benign, false}, "dismiss",
                                     "Dismisses an alert: its disposition becomes benign."));
    all.push_back(decision_operation({reopening, alert_status::pending, undetermined, true}, "reopen",
                                     "Takes an alert up again that has ended; its disposition is open, too."));
    return all;
}

}  // namespace carrel::siem
