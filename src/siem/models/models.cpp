#include "siem/models/models.hpp"

#include "resource/problems.hpp"
#include "siem/aggregates.hpp"
#include "siem/blobs.hpp"

#include <charconv>

namespace carrel::siem {

namespace {

constexpr std::size_t document_max = 64 * 1024;

// What is active is retired when another becomes it; a version that was retired may come back.
constexpr edge status_edges[] = {{0, 1}, {0, 2}, {1, 2}, {2, 1}};

std::vector<field> field_list() {
    using enum field_kind;
    using enum origin;
    return versioned_fields({
        {.name = "name", .required = true, .min = 1, .max = 128, .summary = "1 to 128 of A-Z, a-z, 0-9, _ and -."},
        {.name = "model_version", .required = true, .min = 5, .max = 20, .summary = "Three numbers: a.b.c."},
        {.name = "version_rank",
         .kind = integer,
         .from = server,
         .initial = 0,
         .summary = "Ascends with model_version."},
        {.name = "model_type", .required = true, .patchable = true, .min = 1, .max = 100},
        {.name = "algorithm", .patchable = true, .min = 1, .max = 100},
        {.name = "status", .kind = enumeration, .from = server, .values = model_statuses, .initial = 0},
        {.name = "trained_at", .kind = time, .patchable = true},
        {.name = "training_started_at", .kind = time, .patchable = true},
        {.name = "training_completed_at", .kind = time, .patchable = true},
        {.name = "training_samples", .kind = integer, .patchable = true, .max = std::int64_t{1} << 53},
        {.name = "data_size",
         .kind = integer,
         .from = server,
         .changes = true,
         .summary = "Bytes; null: it has no data yet."},
        {.name = "data_sha256", .from = server, .changes = true},
        {.name = "data_file_name", .from = server, .changes = true},
        {.name = "created_by", .from = creator},
        {.name = "description", .patchable = true, .max = 2000},
        {.name = "config", .kind = json, .patchable = true, .max = document_max},
        {.name = "hyperparameters", .kind = json, .patchable = true, .max = document_max},
        {.name = "metrics", .kind = json, .patchable = true, .max = document_max},
        {.name = "blob", .kind = integer, .from = server, .changes = true, .seen = visibility::hidden},
    });
}

void check_model(const resource&, const call&, const record* before, record& after, std::vector<fault>& faults) {
    if (before != nullptr) return;
    const std::string& name = *after.text(model_at().name);
    if (!is_valid_id(name)) faults.push_back({"name", 0, "must be 1 to 128 of A-Z, a-z, 0-9, _ and -"});
    const auto rank = version_rank(*after.text(model_at().model_version));
    if (!rank)
        faults.push_back({"model_version", 0, "must be three numbers up to 99999 with dots between them: 1.0.0"});
    after.values[model_at().version_rank] = rank.value_or(0);
}

result<void> before_delete(const resource&, write_session& session, const record& row, reply& into) {
    if (row.integer(model_at().status) == static_cast<std::int64_t>(model_status::active))
        return refuse(into, {problem_code::conflict, "the model is active: activate another version first", {}});
    if (!row.has(model_at().blob)) return {};
    return release_blob(session, row.integer(model_at().blob));
}

}  // namespace

std::optional<std::int64_t> version_rank(std::string_view version) noexcept {
    constexpr std::int64_t part_max = 99'999;
    std::int64_t rank = 0;
    for (int part = 0; part < 3; ++part) {
        const auto dot = part < 2 ? version.find('.') : version.size();
        if (dot == version.npos) return std::nullopt;
        const auto digits = version.substr(0, dot);
        std::int64_t number = 0;
        const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), number);
        const bool is_number = parsed.ec == std::errc() && parsed.ptr == digits.data() + digits.size();
        const bool is_plain =
            digits.find_first_not_of("0123456789") == digits.npos && (digits.size() == 1 || !digits.starts_with('0'));
        if (!is_number || !is_plain || number > part_max) return std::nullopt;
        rank = rank * (part_max + 1) + number;
        version.remove_prefix(std::min(dot + 1, version.size()));
    }
    return rank;
}

const resource& models() {
    static const resource instance({
        .name = "ml_model",
        .plural = "ml/models",
        .table = "ml_models",
        .reads = permission::read_events,
        .writes = permission::admin_system,
        .fields = field_list(),
        .filters = {{.name = "name", .column = "name"},
                    {.name = "status", .kind = filter_kind::enumeration, .column = "status", .values = model_statuses},
                    {.name = "algorithm", .column = "algorithm"}},
        .sorts = {"created_at", "version_rank"},
        .history = {"status"},
        .has_bulk = false,
        .machines = {{.field = "status", .path = "status", .to = "status", .note = "note", .edges = status_edges}},
        .unique = {{.columns = "ml_models.name, ml_models.version_rank",
                    .field = "model_version",
                    .detail = "is taken: the model has this version already"}},
        .hooks = {.check = check_model,
                  .before_update = before_status,
                  .after_update = after_status,
                  .before_delete = before_delete},
    });
    return instance;
}

const model_fields& model_at() {
    static const model_fields found = [] {
        const auto of = [](std::string_view name) { return models().position(name); };
        return model_fields{of("id"),        of("name"),        of("model_version"),  of("version_rank"), of("status"),
                            of("data_size"), of("data_sha256"), of("data_file_name"), of("blob")};
    }();
    return found;
}

std::vector<operation> model_operations() {
    std::vector<operation> all = common_operations(models());
    for (auto part : {model_data_operations, deployment_operations, model_name_operations, feedback_operations,
                      confusion_operations})
        for (operation& each : part()) all.push_back(std::move(each));
    return all;
}

std::vector<const resource*> model_resources() {
    return {&models(), &model_deployments(), &model_feedback(), &model_metrics()};
}

}  // namespace carrel::siem
