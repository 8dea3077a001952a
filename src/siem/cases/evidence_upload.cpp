#include "resource/problems.hpp"
#include "siem/cases/evidence.hpp"
#include "siem/cases/evidence_types.hpp"
#include "siem/uploads.hpp"

// POST /…/evidence: a file, streamed into a blob, becomes evidence when all of it is there and is what it says it is.
namespace carrel::siem {

namespace {

std::optional<problem> check_type(const upload& of) {
    if (find_evidence_type(of.declared_type()) != nullptr) return std::nullopt;
    return problem_of(
        problem_code::unsupported_media_type, "Content-Type",
        quoted(of.declared_type()) + " is no type of evidence: it must be one of " + evidence_type_names());
}

std::optional<problem> check_whole(const upload& of) {
    if (agreed_type(of.declared_type(), of.head(), of.is_text()) != nullptr) return std::nullopt;
    const auto& content = type_of_content(of.head(), of.is_text());
    return problem_of(
        problem_code::unsupported_media_type, "Content-Type",
        quoted(of.declared_type()) + " was declared, but by its content the file is " + std::string(content.name));
}

constexpr upload_rules rules{.description_max = 2000, .check_type = check_type, .check_whole = check_whole};

std::optional<problem> check(const operation& what, call& request) { return check_upload(what, request, rules); }

result<void> admit(const operation& what, read_session& session, const call& request, reply& into) {
    return require_open_parent(*what.of, session, request, into);
}

record record_of(const resource& of, const call& request, const upload& from, std::int64_t blob) {
    record row;
    // No member of it is a client's, so nothing can be wrong with them.
    (void)make_record(of, request, given_members(of.fields.size()), row);
    const evidence_type& type = *agreed_type(from.declared_type(), from.head(), from.is_text());
    const evidence_fields& at = evidence_at();
    row.values[at.type] = static_cast<std::int64_t>(type.kind);
    row.values[at.file_name] = from.file_name();
    row.values[at.media_type] = std::string(type.name);
    row.values[at.size] = from.size();
    row.values[at.sha256] = base::hex_of(from.sum());
    if (from.description()) row.values[at.description] = *from.description();
    row.values[at.blob] = blob;
    return row;
}

result<void> add_evidence(const operation& what, write_session& session, const call& request, reply& into) {
    const resource& of = *what.of;
    const auto& from = static_cast<const upload&>(*request.parsed);
    into.clear();
    if (!request.conditions.allow_write(0))
        return refuse(into, {problem_code::stale_version, "what is created has no version to match yet", {}});
    if (auto open = require_open_parent(of, session, request, into); !open) return open;
    auto blob = keep_upload(session, from, request.now, into);
    if (!blob) return blob.error();
    record row = record_of(of, request, from, *blob);
    if (auto done = add(of, session, request, row, into); !done) return done;
    if (auto done = note_custody(of, session, request, row, custody_action::uploaded); !done) return done;
    into.kind = outcome::created;
    into.version = row.integer(evidence_at().version);
    into.location = of.location(request, *row.text(evidence_at().id));
    append_record(of, row, into.body);
    return {};
}

}  // namespace

operation upload_evidence_operation(const resource& of) {
    constexpr std::string_view text_schema = R"({"type":"string"})";
    operation made = make_operation(of, method::post, "", "upload_" + std::string(of.name),
                                    "Adds a file as evidence: the body as it is, or the part `file` of a form.");
    made.body = body_kind::upload;
    made.success = outcome::created;
    made.is_about_version = false;
    made.parameters = {
        {"file_name", text_schema, false, "Of a body as it is; else what Content-Disposition says."},
        {"description", text_schema, false,
         "Of a body as it is; a form has a part of this name. At most 2000 characters."},
    };
    made.check = check;
    made.admit = admit;
    made.write = add_evidence;
    return made;
}

}  // namespace carrel::siem
