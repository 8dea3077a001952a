#include "json/writer.hpp"
#include "resource/problems.hpp"
#include "siem/models/models.hpp"

#include <array>

// Operations on all versions of a model, by its name: the latest, the active, fewer of them; and of all models.
namespace carrel::siem {

namespace {

result<void> answer_model(std::optional<record> found, const call& request, reply& into) {
    if (!found) return refuse(into, not_found("ml_model", request.path[0]));
    into.version = found->integer(models().version);
    append_record(models(), *found, into.body);
    return {};
}

result<void> get_active(const operation&, read_session& session, const call& request, reply& into) {
    auto found = active_model(session, request.path[0]);
    if (!found) return found.error();
    return answer_model(std::move(*found), request, into);
}

result<void> get_latest(const operation&, read_session& session, const call& request, reply& into) {
    auto id = session.first<std::string>(
        read_sql("SELECT id FROM ml_models WHERE name = ? ORDER BY version_rank DESC LIMIT 1"), request.path[0]);
    if (!id) return id.error();
    if (!*id) return answer_model(std::nullopt, request, into);
    auto found = find(models(), session, **id);
    if (!found) return found.error();
    return answer_model(std::move(*found), request, into);
}

// -- POST /ml/names/{name}/prune ---

struct prune_input : input {
    std::int64_t keep = 0;
};

const std::array<field, 1>& prune_fields() {
    static const std::array<field, 1> fields = {
        {{.name = "keep_versions", .kind = field_kind::integer, .required = true, .min = 1, .max = 1000}}};
    return fields;
}

std::optional<problem> check_prune(const operation& what, call& request) {
    if (auto wrong = check_address(what, request)) return wrong;
    given_members given;
    std::optional<problem> refused;
    if (!read_input(prune_fields(), request, given, refused)) return refused;
    auto parsed = std::make_unique<prune_input>();
    if (const auto* keep = std::get_if<std::int64_t>(&*given[0])) parsed->keep = *keep;
    request.parsed = std::move(parsed);
    return std::nullopt;
}

// The latest versions stay, and the active one, whichever it is.
result<void> prune(const operation&, write_session& session, const call& request, reply& into) {
    into.clear();
    const std::int64_t keep = static_cast<const prune_input&>(*request.parsed).keep;
    auto going = session.all<std::string>(
        read_sql("SELECT id FROM (SELECT id, status FROM ml_models WHERE name = ? ORDER BY version_rank DESC LIMIT -1 "
                 "OFFSET ?) WHERE status <> 1"),
        request.path[0], keep);
    if (!going) return going.error();
    json::writer out(into.body);
    out.begin_object().key("deleted").begin_array();
    for (const std::string& id : *going) {
        auto model = find(models(), session, id);
        if (!model) return model.error();
        reply own;
        if (auto gone = drop(models(), session, **model, own); !gone) return gone;
        out.begin_object().key("id").string(id);
        out.key("model_version").string(*(**model).text(model_at().model_version)).end_object();
    }
    out.end_array().end_object();
    return {};
}

// -- GET /ml/status ---

struct active_row {
    std::string name, id, model_version;
};

result<void> get_status(const operation&, read_session& session, const call&, reply& into) {
    json::writer out(into.body);
    out.begin_object().key("models").begin_object();
    for (std::size_t i = 0; i < model_statuses.size(); ++i) {
        auto count =
            session.first_integer("SELECT count(*) FROM ml_models WHERE status = ?", static_cast<std::int64_t>(i));
        if (!count) return count.error();
        out.key(model_statuses[i]).integer(count->value_or(0));
    }
    out.end_object().key("active").begin_array();
    auto active = session.all<active_row>(
        read_sql("SELECT name, id, model_version FROM ml_models WHERE status = 1 ORDER BY name LIMIT 1000"));
    if (!active) return active.error();
    for (const active_row& each : *active)
        out.begin_object()
            .key("name")
            .string(each.name)
            .key("id")
            .string(each.id)
            .key("model_version")
            .string(each.model_version)
            .end_object();
    out.end_array().end_object();
    return {};
}

operation by_name(method verb, std::string path, std::string id, std::string summary) {
    operation made = make_operation(models(), verb, "", std::move(id), std::move(summary));
    made.path = std::move(path);
    made.is_about_version = false;
    return made;
}

}  // namespace

std::vector<operation> model_name_operations() {
    operation active = by_name(method::get, "/ml/names/{name}/active", "get_active_ml_model", "The version in force.");
    active.read = get_active;
    operation latest = by_name(method::get, "/ml/names/{name}/latest", "get_latest_ml_model", "The highest version.");
    latest.read = get_latest;
    operation pruning = by_name(method::post, "/ml/names/{name}/prune", "prune_ml_models",
                                "Deletes all but the highest versions and the active one.");
    pruning.is_audited = true;
    pruning.body = body_kind::json;
    pruning.fields = document(prune_fields(), false);
    pruning.reply_schema =
        R"({"type":"object","required":["deleted"],"properties":{"deleted":{"type":"array","items":{"type":"object",)"
        R"("required":["id","model_version"],"properties":{"id":{"type":"string"},"model_version":{"type":"string"}}}}}})";
    pruning.check = check_prune;
    pruning.write = prune;
    operation status =
        by_name(method::get, "/ml/status", "get_ml_status", "How many models there are, and which are active.");
    status.reply_schema = R"({"type":"object","required":["models","active"],"properties":{"models":{"type":"object"},)"
                          R"("active":{"type":"array","items":{"type":"object"}}}})";
    status.read = get_status;
    return {std::move(active), std::move(latest), std::move(pruning), std::move(status)};
}

}  // namespace carrel::siem
