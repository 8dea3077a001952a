#include "siem/cases/evidence.hpp"
#include "siem/cases/evidence_types.hpp"
#include "siem/file_download.hpp"

// GET /…/evidence/{id}/download: the file, or a part of it, always as something to keep.
namespace carrel::siem {

namespace {

result<void> download(const operation& what, read_session& session, const call& request, reply& into) {
    if (is_next_piece(request)) return send_next_piece(session, request, into);
    auto found = find_evidence(*what.of, session, request, into);
    if (!found) return found.error();
    const evidence_fields& at = evidence_at();
    const auto* const type = find_evidence_type(*found->text(at.media_type));
    return send_file(session, request,
                     {.blob = blob_of(*found),
                      .media_type = type == nullptr ? "application/octet-stream" : type->served,
                      .file_name = *found->text(at.file_name),
                      .version = found->integer(at.version)},
                     into);
}

// What is not sent, as the client has it, is in no other hands.
bool is_sent(const call& request, std::int64_t version) noexcept {
    const auto& conditions = request.conditions;
    return !(conditions.if_match && !conditions.if_match->names(version)) &&
           !(conditions.if_none_match && conditions.if_none_match->names(version));
}

result<void> note(const operation& what, write_session& session, const call& request, reply& into) {
    auto found = find_evidence(*what.of, session, request, into);
    if (!found) return found.error();
    if (!is_sent(request, found->integer(evidence_at().version))) return {};
    return note_custody(*what.of, session, request, *found, custody_action::downloaded, request.range);
}

}  // namespace

operation download_evidence_operation(const resource& of) {
    operation made = make_operation(of, method::get, "/{id}/download", "download_" + std::string(of.name),
                                    "The file of evidence, or the part of it that Range asks for.");
    made.reply_type = "application/octet-stream";
    made.sends_parts = true;
    made.reply_schema = R"({"type":"string","format":"binary"})";
    made.read = download;
    made.note = note;
    return made;
}

}  // namespace carrel::siem
