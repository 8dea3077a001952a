#include "base/time.hpp"
#include "json/writer.hpp"
#include "resource/checked_apart.hpp"
#include "resource/listing.hpp"
#include "resource/problems.hpp"
#include "siem/cases/evidence.hpp"

// The chain of custody: who had evidence in hand, as rows that nothing changes and that outlive it.
namespace carrel::siem {

namespace {

constexpr std::size_t detail_max = 200;

// With its kind: an alert may have an investigation's id.
std::string parent_of(const resource& of, const call& request) {
    return std::string(of.parent.by().plural).append("/").append(request.path[0]);
}

struct page : input {
    std::int64_t after = 0, limit = 100;
};

std::optional<problem> check_page(const operation& what, call& request) {
    constexpr std::int64_t most = std::int64_t{1} << 53;
    if (auto wrong = check_address(what, request)) return wrong;
    const auto& wanted = request.query;
    std::vector<fault> faults = refuse_repeats(wanted);
    auto parsed = std::make_unique<page>();
    if (auto why = read_limit(wanted, parsed->limit)) faults.push_back(std::move(*why));
    if (parameter(wanted, "after").value_or("0") != "0")
        if (auto why = read_number(wanted, "after", most, parsed->after)) faults.push_back(std::move(*why));
    if (!faults.empty()) return problem_of(problem_code::bad_request, std::move(faults));
    request.parsed = std::move(parsed);
    return std::nullopt;
}

void text_or_null(json::writer& out, std::string_view name, const statement& row, int column) {
    out.key(name);
    if (row.is_null(column)) out.null();
    else out.string(row.text(column));
}

void append_entry(json::writer& out, const statement& row) {
    out.begin_object().key("seq").integer(row.integer(0)).key("at").string(format_time(row.integer(1)));
    out.key("action").string(custody_actions[static_cast<std::size_t>(row.integer(2))]);
    text_or_null(out, "principal", row, 3);
    text_or_null(out, "address", row, 4);
    text_or_null(out, "request_id", row, 5);
    out.key("sha256").string(row.text(6)).key("file_name").string(row.text(7));
    text_or_null(out, "detail", row, 8);
    out.end_object();
}

result<void> list_custody(const operation& what, read_session& session, const call& request, reply& into) {
    const auto& wanted = static_cast<const page&>(*request.parsed);
    auto rows = session.prepare(
        read_sql("SELECT seq, at, action, principal, address, request_id, sha256, file_name, detail FROM "
                 "evidence_custody WHERE evidence_id = ? AND seq > ? AND parent = ? ORDER BY seq LIMIT ?"));
    if (!rows) return rows.error();
    const std::string parent = parent_of(*what.of, request);
    rows->bind(request.path[1], wanted.after, parent, wanted.limit + 1);
    json::writer out(into.body);
    out.begin_object().key("items").begin_array();
    std::int64_t count = 0, last = 0;
    bool has_more = false;
    for (;;) {
        auto more = rows->step();
        if (!more) return more.error();
        if (!*more || (has_more = count == wanted.limit)) break;
        append_entry(out, *rows);
        last = rows->integer(0);
        ++count;
    }
    out.end_array().key("next");
    if (has_more) out.integer(last);
    else out.null();
    out.end_object();
    if (count == 0 && wanted.after == 0) {
        into.body.clear();
        return refuse(into, not_found(what.of->name, request.path[1]));
    }
    return {};
}

// -- POST /…/verify ---

struct verification : input {
    std::string computed;  // empty: some of its bytes are not there
};

// On a background reader: a file of 50 MB takes longer than others should wait.
result<void> verify(const operation& what, read_session& session, const call& request, reply& into) {
    auto found = find_evidence(*what.of, session, request, into);
    if (!found) return found.error();
    const blob_info blob = blob_of(*found);
    if (auto allowed = expect_parsing(session, what, static_cast<std::size_t>(blob.size)); !allowed) return allowed;
    auto sum = hash_blob(session, blob);
    if (!sum && sum.error() != sqlite_errc::corrupt) return sum.error();
    auto made = std::make_unique<verification>();
    if (sum) made->computed = base::hex_of(*sum);
    into.rest = std::move(made);
    return {};
}

result<void> note_verification(const operation& what, write_session& session, const call& request, reply& into) {
    const std::string& computed = static_cast<const verification&>(*request.parsed).computed;
    into.clear();
    auto found = find_evidence(*what.of, session, request, into);
    if (!found) return found.error();
    const std::string& stored = *found->text(evidence_at().sha256);
    const bool is_intact = computed == stored;
    auto noted =
        note_custody(*what.of, session, request, *found, custody_action::verified, is_intact ? "intact" : "damaged");
    if (!noted) return noted;
    json::writer out(into.body);
    out.begin_object().key("id").string(request.path[1]).key("is_intact").boolean(is_intact);
    out.key("sha256").string(stored).key("computed_sha256");
    if (computed.empty()) out.null();
    else out.string(computed);
    out.key("verified_at").string(format_time(request.now)).end_object();
    return {};
}

constexpr std::string_view custody_schema =
    R"({"type":"object","required":["items","next"],"properties":{"items":{"type":"array","items":{"type":"object",)"
    R"("required":["seq","at","action","principal","address","request_id","sha256","file_name","detail"],"properties":{)"
    R"("seq":{"type":"integer"},"at":{"type":"string","format":"date-time"},"action":{"type":"string",)"
    R"("enum":["uploaded","downloaded","verified","deleted"]},"principal":{"type":["string","null"]},)"
    R"("address":{"type":["string","null"]},"request_id":{"type":["string","null"]},"sha256":{"type":"string"},)"
    R"("file_name":{"type":"string"},"detail":{"type":["string","null"]}}}},"next":{"type":["integer","null"]}}})";

constexpr std::string_view verification_schema =
    R"({"type":"object","required":["id","is_intact","sha256","computed_sha256","verified_at"],"properties":{)"
    R"("id":{"type":"string"},"is_intact":{"type":"boolean"},"sha256":{"type":"string"},)"
    R"("computed_sha256":{"type":["string","null"]},"verified_at":{"type":"string","format":"date-time"}}})";

std::optional<std::string> or_null(std::string_view text) {
    return text.empty() ? std::nullopt : std::optional<std::string>(text.substr(0, detail_max));
}

}  // namespace

result<void> note_custody(const resource& of, write_session& session, const call& request, const record& evidence,
                          custody_action what, std::string_view detail) {
    const evidence_fields& at = evidence_at();
    return session.execute(
        "INSERT INTO evidence_custody(at, evidence_id, parent, action, principal, address, request_id, sha256, "
        "file_name, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        request.now, *evidence.text(at.id), parent_of(of, request), static_cast<std::int64_t>(what),
        or_null(request.principal), or_null(request.address), or_null(request.request_id), *evidence.text(at.sha256),
        *evidence.text(at.file_name), or_null(detail));
}

operation evidence_custody_operation(const resource& of) {
    operation made = make_operation(of, method::get, "/{id}/custody", "list_" + std::string(of.name) + "_custody",
                                    "Who had evidence in hand, in order; also of evidence that is deleted.");
    made.is_about_version = false;
    made.parameters = {{"after", R"({"type":"integer","minimum":0})", false, "The `next` of the page before."},
                       {"limit", R"({"type":"integer","minimum":1,"maximum":1000,"default":100})", false, ""}};
    made.reply_schema = custody_schema;
    made.check = check_page;
    made.read = list_custody;
    return made;
}

operation verify_evidence_operation(const resource& of) {
    operation made = make_operation(of, method::post, "/{id}/verify", "verify_" + std::string(of.name),
                                    "Computes the SHA-256 of what is stored again, and writes down what came of it.");
    made.is_about_version = false;
    made.needs = of.reads;
    made.reply_schema = verification_schema;
    made.read = verify;
    made.write = note_verification;
    return made;
}

}  // namespace carrel::siem
