#include "resource/problems.hpp"
#include "siem/models/models.hpp"

// Which version of a model is in force: one of a name, changed in one transaction with its deployment.
namespace carrel::siem {

namespace {

bool is_active(const record& model) noexcept {
    return model.integer(model_at().status) == static_cast<std::int64_t>(model_status::active);
}

record activated(const record& model) {
    record after = model;
    after.values[model_at().status] = static_cast<std::int64_t>(model_status::active);
    return after;
}

result<void> retire(write_session& session, const call& request, const record& model) {
    record after = model;
    after.values[model_at().status] = static_cast<std::int64_t>(model_status::retired);
    reply own;
    return save(models(), session, request, model, std::move(after), "another version was activated", own);
}

result<void> activate(const operation&, write_session& session, const call& request, reply& into) {
    into.clear();
    auto model = load(models(), session, request, into);
    if (!model) return model.error();
    return save(models(), session, request, *model, activated(*model), {}, into);
}

struct deployment_row {
    std::int64_t seq;
    std::string model_id;
};

// The deployment before the one in force that was neither taken back nor gone back to: again and again leads further back. What
// came before is decided by the rows, not by a clock that may have been set back.
result<std::optional<deployment_row>> earlier_deployment(read_session& session, std::string_view name,
                                                         std::string_view active) {
    return session.first<deployment_row>(
        read_sql("SELECT seq, model_id FROM ml_deployments WHERE name = ? AND ended_at IS NOT NULL AND rolled_back = 0 "
                 "AND restored = 0 AND model_id IS NOT NULL AND model_id <> ? ORDER BY seq DESC LIMIT 1"),
        name, active);
}

result<void> roll_back(const operation&, write_session& session, const call& request, reply& into) {
    into.clear();
    const std::string& name = request.path[0];
    auto active = active_model(session, name);
    if (!active) return active.error();
    if (!*active) return refuse(into, {problem_code::conflict, "no version of " + quoted(name) + " is active", {}});
    auto earlier = earlier_deployment(session, name, *(**active).text(model_at().id));
    if (!earlier) return earlier.error();
    if (!*earlier) return refuse(into, {problem_code::conflict, "there is no deployment to go back to", {}});
    auto model = find(models(), session, (**earlier).model_id);
    if (!model) return model.error();
    auto marked = session.execute(
        "UPDATE ml_deployments SET rolled_back = max(rolled_back, seq > ?2), restored = max(restored, seq = ?2) WHERE "
        "name = ?1 AND seq >= ?2",
        name, (**earlier).seq);
    if (!marked) return marked;
    return save(models(), session, request, **model, activated(**model), "rolled back", into);
}

}  // namespace

result<std::optional<record>> active_model(read_session& session, std::string_view name) {
    auto id = session.first<std::string>(read_sql("SELECT id FROM ml_models WHERE name = ? AND status = 1"), name);
    if (!id) return id.error();
    if (!*id) return std::optional<record>();
    return find(models(), session, **id);
}

result<void> before_status(const resource&, write_session& session, const call& request, const record& before,
                           record& after, reply& into) {
    if (is_active(before) || !is_active(after)) return {};
    if (!after.has(model_at().blob)) return refuse(into, {problem_code::conflict, "the model has no data", {}});
    auto active = active_model(session, *after.text(model_at().name));
    if (!active) return active.error();
    if (!*active) return {};
    return retire(session, request, **active);
}

result<void> after_status(const resource&, write_session& session, const call& request, const record& before,
                          const record& after, std::string_view) {
    if (is_active(before) == is_active(after)) return {};
    const std::string& name = *after.text(model_at().name);
    if (!is_active(after))
        return session.execute("UPDATE ml_deployments SET ended_at = ? WHERE name = ? AND ended_at IS NULL",
                               request.now, name);
    record row;
    given_members given(model_deployments().fields.size());
    (void)make_record(model_deployments(), request, std::move(given), row);
    const auto set = [&](std::string_view field, const std::string& text) {
        row.values[model_deployments().position(field)] = text;
    };
    set("name", name);
    set("model_version", *after.text(model_at().model_version));
    set("model_id", *after.text(model_at().id));
    reply own;
    return add(model_deployments(), session, request, row, own);
}

const resource& model_deployments() {
    using enum field_kind;
    static const resource instance({
        .name = "ml_deployment",
        .plural = "ml/deployments",
        .table = "ml_deployments",
        .reads = permission::read_events,
        .writes = permission::admin_system,
        .fields =
            {{.name = "id", .from = origin::fresh_id},
             {.name = "created_at", .kind = time, .from = origin::now},
             {.name = "name", .from = origin::server},
             {.name = "model_version", .from = origin::server},
             {.name = "model_id", .from = origin::server, .summary = "Null when the version is deleted."},
             {.name = "deployed_by", .from = origin::creator},
             {.name = "ended_at", .kind = time, .from = origin::server, .summary = "Null: it is in force."},
             {.name = "rolled_back", .kind = boolean, .from = origin::server, .initial = 0},
             {.name = "restored", .kind = boolean, .from = origin::server, .initial = 0, .seen = visibility::hidden}},
        .filters = {{.name = "name", .column = "name"}, {.name = "model_id", .column = "model_id"}},
        .sorts = {"created_at"},
        .has_bulk = false,
    });
    return instance;
}

std::vector<operation> deployment_operations() {
    operation activation = make_operation(models(), method::post, "/{id}/activate", "activate_ml_model",
                                          "Puts a version in force; the one that was is retired.");
    activation.is_audited = true;
    activation.write = activate;
    operation rollback = make_operation(models(), method::post, "", "roll_back_ml_model",
                                        "Puts the version in force that was before the present one.");
    rollback.path = "/ml/names/{name}/rollback";
    rollback.is_about_version = false;
    rollback.is_audited = true;
    rollback.write = roll_back;
    return {std::move(activation), std::move(rollback), list_operation(model_deployments()),
            get_operation(model_deployments())};
}

}  // namespace carrel::siem
