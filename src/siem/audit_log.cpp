#include "siem/audit_log.hpp"

#include "base/sha256.hpp"
#include "json/writer.hpp"
#include "resource/audit.hpp"
#include "resource/listing.hpp"
#include "resource/problems.hpp"
#include "siem/aggregates.hpp"

#include <algorithm>
#include <array>

namespace carrel::siem {

namespace {

constexpr std::array<std::string_view, 3> outcomes = {"done", "refused", "failed"};

// An entry's number is its id: without gaps and never given again.
bool is_number(std::string_view text) noexcept {
    const bool is_short = !text.empty() && text.size() <= 18;
    const bool is_digits = std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
    return is_short && is_digits && text.front() != '0';
}

std::vector<field> field_list() {
    using enum field_kind;
    const auto from = origin::server;
    return {
        {.name = "id", .from = from, .required = true, .column = "seq", .expression = "CAST(seq AS TEXT)"},
        {.name = "seq",
         .kind = integer,
         .from = from,
         .required = true,
         .summary = "1, 2, 3 and so on, without a gap."},
        {.name = "at", .kind = field_kind::time, .from = origin::now},
        {.name = "principal", .from = from, .summary = "Who did it; null if that is not known."},
        {.name = "action", .from = from, .required = true, .summary = "The operationId, or what happened: `login`."},
        {.name = "outcome", .kind = enumeration, .from = from, .required = true, .values = outcomes},
        {.name = "target", .from = from, .summary = "The path below /api/v1, or the id, of what it was done to."},
        {.name = "address", .from = from, .summary = "Of the client."},
        {.name = "request_id", .from = from},
        {.name = "detail", .kind = object, .from = from, .required = true},
        {.name = "hash",
         .from = from,
         .required = true,
         .summary = "SHA-256 of the hash before and of this entry.",
         .expression = "lower(hex(hash))"},
    };
}

// In the order in which they lead if all have many rows.
std::vector<filter> filter_list() {
    return {
        {.name = "target", .column = "target", .leads = true},
        {.name = "principal", .column = "principal", .leads = true},
        {.name = "address", .column = "address", .leads = true},
        {.name = "action", .column = "action", .leads = true},
        {.name = "outcome", .kind = filter_kind::enumeration, .column = "outcome", .values = outcomes, .leads = true},
        {.name = "from", .kind = filter_kind::time_from, .column = "at", .summary = "At or after this time."},
        {.name = "to", .kind = filter_kind::time_to, .column = "at", .summary = "Before this time."},
    };
}

// The numbers are the order of the whole log. What a filter finds comes by time, which is the order of its index.
std::optional<problem> check_audit_list(const operation& what, call& request) {
    if (request.format != reply_format::json) return check_audit_export(what, request);
    const auto sort = parameter(request.query, "sort");
    const bool is_filtered = std::any_of(request.query.begin(), request.query.end(),
                                         [](const auto& each) { return is_filter(audit(), each.first); });
    if (is_filtered && (sort == "seq" || sort == "-seq"))
        return problem_of(problem_code::bad_request, "sort", "must be at or -at beside a filter");
    return check_list(what, request);
}

result<void> list_audit(const operation& what, read_session& session, const call& request, reply& into) {
    if (request.format != reply_format::json) return export_audit(what, session, request, into);
    return list(what, session, request, into);
}

// `01` is the number 1 to SQLite, and no id.
std::optional<problem> check_entry(const operation& what, call& request) {
    if (!is_number(request.path[0])) return not_found(what.of->name, request.path[0]);
    return check_get(what, request);
}

// -- GET /audit/head ---

result<void> head(const operation&, read_session& session, const call&, reply& into) {
    into.clear();
    auto rows = session.prepare(
        "SELECT seq, lower(hex(hash)), at FROM audit UNION ALL SELECT 0, lower(hex(hash)), NULL FROM audit_genesis "
        "ORDER BY seq DESC LIMIT 1");
    if (!rows) return rows.error();
    auto found = rows->step();
    if (!found) return found.error();
    json::writer out(into.body);
    out.begin_object().key("seq").integer(rows->integer(0)).key("hash").string(rows->text(1)).key("at");
    if (rows->is_null(2)) out.null();
    else out.string(format_time(rows->integer(2)));
    out.end_object();
    return {};
}

operation head_operation() {
    operation made = make_operation(audit(), method::get, "/head", "get_audit_head",
                                    "The number and the hash of the last entry, to be kept elsewhere.");
    made.reply_schema =
        R"({"type":"object","required":["seq","hash","at"],"properties":{"seq":{"type":"integer","format":"int64"},)"
        R"("hash":{"type":"string"},"at":{"type":["string","null"],"format":"date-time"}}})";
    made.read = head;
    return made;
}

}  // namespace

const resource& audit() {
    static const resource instance({
        .name = "audit_entry",
        .plural = "audit",
        .reads = permission::admin_system,
        .fields = field_list(),
        .filters = filter_list(),
        .sorts = {"at", "seq"},
    });
    return instance;
}

std::vector<operation> audit_operations() {
    operation all = list_operation(audit());
    all.check = check_audit_list;
    all.read = list_audit;
    all.has_rows = true;
    all.parameters.push_back({"after", R"({"type":"integer","minimum":0})", false,
                              "Of rows (NDJSON, CSV): the number of the entry behind which to begin."});
    operation one = get_operation(audit());
    one.check = check_entry;
    return {std::move(all), count_operation(audit()), std::move(one), head_operation()};
}

std::vector<const resource*> audit_resources() { return {&audit()}; }

}  // namespace carrel::siem
