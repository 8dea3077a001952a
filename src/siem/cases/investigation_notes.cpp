#include "resource/problems.hpp"
#include "siem/cases/investigations.hpp"
#include "siem/text_blanks.hpp"

// Notes are rows of their own: whoever adds one takes nothing of anybody else's away. They are never changed.
namespace carrel::siem {

namespace {

void check(const resource& of, const call&, const record*, record& row, std::vector<fault>& faults) {
    if (without_blanks(*row.text(of.position("content"))).empty())
        faults.push_back({"content", 0, "must not be blank"});
}

result<bool> before_insert(const resource&, write_session& session, const call& request, record&, reply& into) {
    auto of = find(investigations(), session, request.path[0]);
    if (!of) return of.error();
    if (!*of) return refuse(into, not_found("investigation", request.path[0]));
    if (auto open = require_open(**of, into); !open) return open.error();
    return false;
}

}  // namespace

const resource& investigation_notes() {
    static const resource instance({
        .name = "investigation_note",
        .plural = "notes",
        .table = "investigation_notes",
        .parent = {.by = investigations, .field = "investigation_id"},
        .reads = permission::read_investigations,
        .writes = permission::write_investigations,
        .fields = {{.name = "id", .from = origin::fresh_id, .min = 1, .max = 128},
                   {.name = "created_at", .kind = field_kind::time, .from = origin::now},
                   {.name = "investigation_id", .from = origin::server, .required = true},
                   {.name = "author", .from = origin::creator},
                   {.name = "content", .required = true, .min = 1, .max = 5000}},
        .filters = {},
        .sorts = {"created_at"},
        .sorts_ascending = true,
        .has_bulk = false,
        .hooks = {.check = check, .before_insert = before_insert},
    });
    return instance;
}

}  // namespace carrel::siem
