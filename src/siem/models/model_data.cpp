#include "resource/problems.hpp"
#include "siem/file_download.hpp"
#include "siem/models/models.hpp"
#include "siem/uploads.hpp"

// POST and GET /ml/models/{id}/data: what a model has learnt, as a file of any type.
namespace carrel::siem {

namespace {

constexpr std::size_t data_bytes_max = 64u << 20;
constexpr upload_rules rules{};

std::optional<problem> check(const operation& what, call& request) { return check_upload(what, request, rules); }

// What is in force, or was, is what feedback and deployments are about: its data stays.
result<void> require_training(const record& model, reply& into) {
    if (model.integer(model_at().status) == static_cast<std::int64_t>(model_status::training)) return {};
    return refuse(into, {problem_code::conflict, "the data of a model can only change while it is in training", {}});
}

result<void> admit(const operation&, read_session& session, const call& request, reply& into) {
    auto model = load(models(), session, request, into);
    if (!model) return model.error();
    return require_training(*model, into);
}

result<void> set_data(const operation&, write_session& session, const call& request, reply& into) {
    const auto& from = static_cast<const upload&>(*request.parsed);
    into.clear();
    auto before = load(models(), session, request, into);
    if (!before) return before.error();
    if (auto open = require_training(*before, into); !open) return open;
    auto blob = keep_upload(session, from, request.now, into);
    if (!blob) return blob.error();
    record after = *before;
    after.values[model_at().blob] = *blob;
    after.values[model_at().data_size] = from.size();
    after.values[model_at().data_sha256] = base::hex_of(from.sum());
    after.values[model_at().data_file_name] = from.file_name();
    if (auto done = save(models(), session, request, *before, std::move(after), {}, into); !done) return done;
    if (!before->has(model_at().blob)) return {};
    return release_blob(session, before->integer(model_at().blob));
}

result<void> get_data(const operation&, read_session& session, const call& request, reply& into) {
    if (is_next_piece(request)) return send_next_piece(session, request, into);
    auto found = find(models(), session, request.path[0]);
    if (!found) return found.error();
    if (!*found || !(**found).has(model_at().blob)) return refuse(into, not_found("data of ml_model", request.path[0]));
    const record& model = **found;
    return send_file(session, request,
                     {.blob = {model.integer(model_at().blob), model.integer(model_at().data_size)},
                      .media_type = "application/octet-stream",
                      .file_name = *model.text(model_at().data_file_name),
                      .version = model.integer(models().version)},
                     into);
}

}  // namespace

std::vector<operation> model_data_operations() {
    constexpr std::string_view text_schema = R"({"type":"string"})";
    operation upload =
        make_operation(models(), method::post, "/{id}/data", "upload_ml_model_data",
                       "Gives a model in training its data: the body as it is, or the part `file` of a form.");
    upload.body = body_kind::upload;
    upload.is_audited = true;
    upload.parameters = {{"file_name", text_schema, false, "Of a body as it is; else what Content-Disposition says."}};
    upload.file_bytes_max = data_bytes_max;
    upload.check = check;
    upload.admit = admit;
    upload.write = set_data;
    operation download = make_operation(models(), method::get, "/{id}/data", "download_ml_model_data",
                                        "The data of a model, or the part of it that Range asks for.");
    download.reply_type = "application/octet-stream";
    download.sends_parts = true;
    download.reply_schema = R"({"type":"string","format":"binary"})";
    download.read = get_data;
    return {std::move(upload), std::move(download)};
}

}  // namespace carrel::siem
