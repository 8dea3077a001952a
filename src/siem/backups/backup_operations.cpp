// POST /admin/backup: a copy of the whole database that another thread makes (backup_service.hpp); GET reports how far it is.
#include "json/writer.hpp"
#include "resource/problems.hpp"
#include "resource/resource.hpp"
#include "siem/backups/backup_control.hpp"

namespace carrel::siem {

namespace {

constexpr std::int64_t copies_max = 10'000, days_max = 36'500;

const std::array<field, 3>& request_fields() {
    static const std::array<field, 3> fields = {{
        {.name = "name",
         .min = 1,
         .max = 100,
         .summary = "A file name that ends with .db; such a copy is never removed by itself."},
        {.name = "keep",
         .kind = field_kind::integer,
         .min = 1,
         .max = copies_max,
         .summary = "How many copies named by the server stay; older ones are removed once the new one is checked."},
        {.name = "keep_days",
         .kind = field_kind::integer,
         .min = 1,
         .max = days_max,
         .summary = "How long they stay; with keep, what is within either stays."},
    }};
    return fields;
}

struct backup_input : input {
    std::string name;
    std::optional<backup_retention> kept;
};

std::optional<problem> check_begin(const operation& what, call& request) {
    if (auto wrong = check_address(what, request)) return wrong;
    given_members given;
    std::optional<problem> refused;
    if (!read_input(request_fields(), request, given, refused)) return refused;
    auto parsed = std::make_unique<backup_input>();
    if (const auto* name = given[0] ? std::get_if<std::string>(&*given[0]) : nullptr) {
        parsed->name = *name;
        if (std::string why = fault_in_backup_name(parsed->name); !why.empty())
            return problem_of(problem_code::invalid, "name", std::move(why));
    }
    const auto number = [&](std::size_t at) {
        const auto* found = given[at] ? std::get_if<std::int64_t>(&*given[at]) : nullptr;
        return found != nullptr ? *found : 0;
    };
    if (const backup_retention kept{number(1), number(2)}; kept.has_bounds()) parsed->kept = kept;
    request.parsed = std::move(parsed);
    return std::nullopt;
}

void write_time(json::writer& out, std::string_view name, std::optional<timestamp> at) {
    out.key(name);
    if (!at) out.null();
    else out.string(format_time(*at));
}

void write_run(json::writer& out, const backup_run& run) {
    const bool is_done = run.state == backup_state::succeeded;
    out.begin_object().key("id").string(run.id);
    out.key("state").string(backup_states[static_cast<std::size_t>(run.state)]);
    out.key("name");
    if (run.name.empty()) out.null();
    else out.string(run.name);
    write_time(out, "created_at", run.created_at);
    out.key("created_by");
    if (run.created_by.empty()) out.null();
    else out.string(run.created_by);
    write_time(out, "started_at", run.started_at);
    write_time(out, "finished_at", run.finished_at);
    out.key("progress").real(run.progress);
    out.key("bytes");
    if (is_done) out.integer(run.bytes);
    else out.null();
    out.key("sequence");
    if (is_done) out.integer(run.sequence);
    else out.null();
    write_time(out, "taken_at", run.taken_at);
    out.key("removed").begin_array();
    for (const std::string& each : run.removed) out.string(each);
    out.end_array().key("detail");
    if (run.detail.empty()) out.null();
    else out.string(run.detail);
    out.end_object();
}

problem problem_of_refusal(backup_refusal why) {
    switch (why) {
        case backup_refusal::one_runs: return {problem_code::conflict, "another backup is being made", {}};
        case backup_refusal::name_taken: return {problem_code::conflict, "a copy of that name is there", {}};
        case backup_refusal::stopping: return {problem_code::conflict, "the server stops", {}};
        case backup_refusal::no_directory: break;
    }
    return {problem_code::conflict, "this server was started without --backup-directory", {}};
}

result<void> begin_backup(const operation&, write_session&, const call& request, reply& into) {
    into.clear();
    const auto& wanted = static_cast<const backup_input&>(*request.parsed);
    const auto control = backups_in_force();
    if (control == nullptr) return refuse(into, problem_of_refusal(backup_refusal::no_directory));
    backup_run made;
    const auto refused = control->start({.id = request.fresh_id,
                                         .name = wanted.name,
                                         .created_by = request.principal,
                                         .created_at = request.now,
                                         .kept = wanted.kept},
                                        made);
    if (refused) return refuse(into, problem_of_refusal(*refused));
    into.kind = outcome::accepted;
    into.location = "/api/v1/admin/backup/" + made.id;
    json::writer out(into.body);
    write_run(out, made);
    return {};
}

result<void> get_backup(const operation&, read_session&, const call& request, reply& into) {
    into.clear();
    const auto control = backups_in_force();
    const auto found = control ? control->find(request.path[0]) : std::nullopt;
    if (!found) return refuse(into, not_found("backup", request.path[0]));
    json::writer out(into.body);
    write_run(out, *found);
    return {};
}

result<void> cancel_backup(const operation&, write_session&, const call& request, reply& into) {
    into.clear();
    const auto control = backups_in_force();
    const auto found = control ? control->cancel(request.path[0], request.principal) : std::nullopt;
    if (!found) return refuse(into, not_found("backup", request.path[0]));
    if (is_over(found->state)) return refuse(into, {problem_code::illegal_transition, "the backup is over", {}});
    into.kind = outcome::accepted;
    json::writer out(into.body);
    write_run(out, *found);
    return {};
}

constexpr std::string_view run_schema =
    R"({"type":"object","required":["id","state","name","created_at","created_by","started_at","finished_at","progress",)"
    R"("bytes","sequence","taken_at","removed","detail"],"properties":{"id":{"type":"string"},)"
    R"("state":{"enum":["waiting","copying","checking","succeeded","failed","cancelled"]},"name":{"type":["string","null"]},)"
    R"("created_at":{"type":"string","format":"date-time"},"created_by":{"type":["string","null"]},)"
    R"("started_at":{"type":["string","null"],"format":"date-time"},)"
    R"("finished_at":{"type":["string","null"],"format":"date-time"},"progress":{"type":"number"},)"
    R"("bytes":{"type":["integer","null"]},"sequence":{"type":["integer","null"]},)"
    R"("taken_at":{"type":["string","null"],"format":"date-time"},)"
    R"("removed":{"type":"array","items":{"type":"string"}},"detail":{"type":["string","null"]}}})";

}  // namespace

std::pair<std::string, std::string> backup_schema() { return {"backup", std::string(run_schema)}; }

std::vector<operation> backup_operations() {
    operation begin;
    begin.method = method::post;
    begin.path = "/admin/backup";
    begin.id = "begin_backup";
    begin.summary = "Begins a copy of the whole database in the folder for backups, while everybody goes on.";
    begin.body = body_kind::json;
    for (const field& each : request_fields())
        begin.fields.push_back(
            {each.name,
             each.name == "name" ? R"({"type":"string","maxLength":100})" : R"({"type":"integer","minimum":1})", false,
             each.summary});
    begin.success = outcome::accepted;
    begin.is_about_version = false;
    begin.is_audited = true;
    begin.needs = permission::admin_system;
    begin.reply_schema = R"({"$ref":"#/components/schemas/backup"})";
    begin.check = check_begin;
    begin.write = begin_backup;
    operation one;
    one.path = "/admin/backup/{id}";
    one.id = "get_backup";
    one.summary = "How far a backup is, or how it ended. The last 100 since the server was started are known.";
    one.is_about_version = false;
    one.needs = permission::admin_system;
    one.reply_schema = begin.reply_schema;
    one.check = check_address;
    one.read = get_backup;
    operation cancel = one;
    cancel.method = method::post;
    cancel.path = "/admin/backup/{id}/cancel";
    cancel.id = "cancel_backup";
    cancel.summary = "Ends a backup that is not over, soon; what it has copied goes.";
    cancel.success = outcome::accepted;
    cancel.is_audited = true;
    cancel.read = nullptr;
    cancel.write = cancel_backup;
    std::vector<operation> all = backup_copy_operations();
    all.insert(all.begin(), {std::move(begin), std::move(one), std::move(cancel)});
    return all;
}

}  // namespace carrel::siem
