#include "siem/cases/evidence.hpp"

#include "resource/problems.hpp"
#include "siem/aggregates.hpp"
#include "siem/alerts.hpp"
#include "siem/cases/evidence_types.hpp"
#include "siem/cases/investigations.hpp"
#include "siem/uploads.hpp"

namespace carrel::siem {

namespace {

std::vector<field> field_list(std::string_view parent) {
    using enum field_kind;
    using enum origin;
    return {
        {.name = "id", .from = fresh_id},
        {.name = "version", .kind = integer, .from = server, .initial = 1},
        {.name = "created_at", .kind = time, .from = now},
        {.name = parent, .from = server},
        {.name = "type", .kind = enumeration, .from = server, .values = evidence_kinds, .initial = 0},
        {.name = "file_name", .from = server},
        {.name = "media_type", .from = server},
        {.name = "size", .kind = integer, .from = server, .initial = 0, .summary = "Bytes."},
        {.name = "sha256", .from = server, .summary = "Of the bytes, in hexadecimal."},
        {.name = "description", .from = server},
        {.name = "uploaded_by", .from = creator},
        {.name = "blob", .kind = integer, .from = server, .initial = 0, .seen = visibility::hidden},
    };
}

resource_spec describe(std::string_view name, ownership parent, permission reads, permission writes) {
    return {
        .name = name,
        .plural = "evidence",
        .parent = parent,
        .reads = reads,
        .writes = writes,
        .fields = field_list(parent.field),
        .filters = {{.name = "type", .kind = filter_kind::enumeration, .column = "type", .values = evidence_kinds},
                    {.name = "sha256", .column = "sha256"},
                    {.name = "uploaded_by", .column = "uploaded_by"}},
        .sorts = {"created_at"},
    };
}

// Its bytes go later, a few chunks at a time.
result<void> delete_evidence(const operation& what, write_session& session, const call& request, reply& into) {
    into.clear();
    if (auto open = require_open_parent(*what.of, session, request, into); !open) return open;
    auto found = load(*what.of, session, request, into);
    if (!found) return found.error();
    if (auto noted = note_custody(*what.of, session, request, *found, custody_action::deleted); !noted) return noted;
    if (auto gone = drop(*what.of, session, *found, into); !gone) return gone;
    into.kind = outcome::no_content;
    return release_blob(session, blob_of(*found).seq);
}

operation removal_of(const resource& of) {
    operation made = make_operation(of, method::del, "/{id}", "delete_" + std::string(of.name), "Deletes evidence.");
    made.reply_schema.clear();
    made.success = outcome::no_content;
    made.write = delete_evidence;
    return made;
}

void add_operations(const resource& of, std::vector<operation>& all) {
    const std::string name(of.name);
    operation list = list_operation(of), count = count_operation(of);
    list.id = "list_" + name;
    count.id = "count_" + name;
    for (operation each :
         {upload_evidence_operation(of), std::move(list), std::move(count), get_operation(of), removal_of(of),
          download_evidence_operation(of), verify_evidence_operation(of), evidence_custody_operation(of)})
        all.push_back(std::move(each));
}

}  // namespace

const resource& alert_evidence() {
    static const resource instance(describe("alert_evidence", {.by = alerts, .field = "alert_id"},
                                            permission::read_alerts, permission::alert_acknowledge));
    return instance;
}

const resource& investigation_evidence() {
    static const resource instance(describe("investigation_evidence",
                                            {.by = investigations, .field = "investigation_id"},
                                            permission::read_investigations, permission::write_investigations));
    return instance;
}

const evidence_fields& evidence_at() {
    static const evidence_fields found = [] {
        const auto of = [](std::string_view name) { return alert_evidence().position(name); };
        return evidence_fields{of("id"),   of("version"), of("type"),        of("file_name"), of("media_type"),
                               of("size"), of("sha256"),  of("description"), of("blob")};
    }();
    return found;
}

blob_info blob_of(const record& evidence) {
    return {evidence.integer(evidence_at().blob), evidence.integer(evidence_at().size)};
}

result<record> find_evidence(const resource& of, read_session& session, const call& request, reply& into) {
    auto found = find(of, session, request.path[1]);
    if (!found) return found.error();
    // Evidence of the other kind of parent has no id of this one.
    const auto* const parent = *found ? (**found).text(of.owner) : nullptr;
    if (parent == nullptr || *parent != request.path[0]) return refuse(into, not_found(of.name, request.path[1]));
    return std::move(**found);
}

result<void> require_open_parent(const resource& of, read_session& session, const call& request, reply& into) {
    const resource& parent = of.parent.by();
    auto found = find(parent, session, request.path[0]);
    if (!found) return found.error();
    if (!*found) return refuse(into, not_found(parent.name, request.path[0]));
    if (&parent != &investigations()) return {};
    return require_open(**found, into);
}

std::vector<operation> evidence_operations() {
    std::vector<operation> all;
    add_operations(alert_evidence(), all);
    add_operations(investigation_evidence(), all);
    return all;
}

std::vector<const resource*> evidence_resources() { return {&alert_evidence(), &investigation_evidence()}; }

}  // namespace carrel::siem
