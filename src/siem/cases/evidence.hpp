#pragma once

#include "resource/resource.hpp"
#include "siem/blobs.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

// Evidence: files that belong to an alert or to an investigation, and who had them in hand.
namespace carrel::siem {

/// Of one table; each shows the rows of its kind of parent.
const resource& alert_evidence();
const resource& investigation_evidence();

/// Where both keep what evidence is made of.
struct evidence_fields {
    std::size_t id, version, type, file_name, media_type, size, sha256, description, blob;
};
const evidence_fields& evidence_at();
blob_info blob_of(const record& evidence);

/// The evidence that the path names, whatever version is requested; refused if its parent has none of that name.
result<record> find_evidence(const resource& of, read_session& session, const call& request, reply& into);
/// Refuses what would change the evidence of a parent that is not there, or of an investigation that is closed.
result<void> require_open_parent(const resource& of, read_session& session, const call& request, reply& into);

/// Kept in the database by place: only ever append.
enum class custody_action : std::int64_t { uploaded, downloaded, verified, deleted };
inline constexpr std::array<std::string_view, 4> custody_actions = {"uploaded", "downloaded", "verified", "deleted"};
/// Writes down who did what to evidence, in the transaction in which it is done.
result<void> note_custody(const resource& of, write_session& session, const call& request, const record& evidence,
                          custody_action what, std::string_view detail = {});

// -- operations, each in a file of its own ---
operation upload_evidence_operation(const resource& of);
operation download_evidence_operation(const resource& of);
operation verify_evidence_operation(const resource& of);
operation evidence_custody_operation(const resource& of);

}  // namespace carrel::siem
