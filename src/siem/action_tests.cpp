#include "resource/problems.hpp"
#include "siem/actions.hpp"

// POST /actions/{id}/test: an attempt that another thread makes (action_tester.hpp); GET reports how far it has come.
namespace carrel::siem {

namespace {

constexpr std::int64_t open_max = 100;  // attempts that wait or run, of all actions
constexpr std::int64_t kept_per_action = 100;

std::vector<field> field_list() {
    using enum field_kind;
    return {
        {.name = "id", .from = origin::fresh_id},
        {.name = "action_id", .from = origin::server},
        {.name = "created_at", .kind = field_kind::time, .from = origin::now},
        {.name = "created_by", .from = origin::creator},
        {.name = "state", .kind = enumeration, .from = origin::server, .values = attempt_states, .initial = 0},
        {.name = "started_at", .kind = field_kind::time, .from = origin::server},
        {.name = "finished_at", .kind = field_kind::time, .from = origin::server},
        {.name = "status",
         .kind = integer,
         .from = origin::server,
         .summary = "The status that was answered by HTTP or SMTP."},
        {.name = "detail", .from = origin::server},
    };
}

result<void> begin_test(const operation&, write_session& session, const call& request, reply& into) {
    into.clear();
    auto action = load(actions(), session, request, into);
    if (!action) return action.error();
    auto open =
        session.first_integer("SELECT count(*) FROM (SELECT 1 FROM action_tests WHERE state < 2 LIMIT ?)", open_max);
    if (!open) return open.error();
    if (open->value_or(0) >= open_max)
        return refuse(into, {problem_code::conflict, "too many tests of actions are waiting", {}});
    auto forgotten = session.execute(
        "DELETE FROM action_tests WHERE state >= 2 AND seq IN (SELECT seq FROM action_tests WHERE action_id = ? "
        "ORDER BY created_at DESC, id DESC LIMIT -1 OFFSET ?)",
        request.path[0], kept_per_action - 1);
    if (!forgotten) return forgotten;
    record row;
    if (auto wrong = make_record(action_tests(), request, given_members(action_tests().fields.size()), row);
        !wrong.empty())
        return refuse(into, problem_of(problem_code::invalid, std::move(wrong)));
    if (auto done = add(action_tests(), session, request, row, into); !done) return done;
    into.kind = outcome::accepted;
    into.location = action_tests().location(request, request.fresh_id);
    append_record(action_tests(), row, into.body);
    return {};
}

}  // namespace

const resource& action_tests() {
    static const resource instance({
        .name = "action_test",
        .plural = "tests",
        .table = "action_tests",
        .parent = {.by = actions, .field = "action_id"},
        .reads = permission::read_actions,
        .writes = permission::write_actions,
        .fields = field_list(),
        .filters = {},
        .sorts = {"created_at"},
    });
    return instance;
}

std::vector<operation> action_test_operations() {
    operation begin = make_operation(actions(), method::post, "/{id}/test", "test_action",
                                     "Tries to reach what an action is for, in the background.");
    begin.success = outcome::accepted;
    begin.is_about_version = false;
    begin.reply_schema = R"({"$ref":"#/components/schemas/action_test"})";
    begin.write = begin_test;
    operation list = list_operation(action_tests()), one = get_operation(action_tests());
    list.id = "list_action_tests";
    list.summary = "Lists the tests of an action.";
    std::vector<operation> all;
    all.push_back(std::move(begin));
    all.push_back(std::move(list));
    all.push_back(std::move(one));
    return all;
}

}  // namespace carrel::siem
