#include "resource/audit.hpp"

#include "base/utf8.hpp"
#include "json/value_text.hpp"
#include "json/writer.hpp"
#include "resource/audit_chain.hpp"
#include "resource/bulk.hpp"
#include "resource/resource.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <optional>
#include <span>

namespace carrel::siem {

namespace {

// What comes from outside may have any length, and a name that nobody has may have any bytes.
std::optional<std::string> bounded(std::string_view text, std::size_t most) {
    std::string kept;
    while (!text.empty()) {
        const std::size_t size = json::first_code_point(text).size;
        if (kept.size() + std::max<std::size_t>(size, 1) > most) break;
        if (size == 0) kept += '?';
        else kept.append(text.substr(0, size));
        text.remove_prefix(std::max<std::size_t>(size, 1));
    }
    if (kept.empty()) return std::nullopt;
    return kept;
}

std::string bounded_detail(const std::string& detail) {
    if (detail.empty()) return "{}";
    return detail.size() <= audit_detail_max ? detail : "{\"left_out\":" + std::to_string(detail.size()) + "}";
}

struct chain_end {
    std::int64_t seq = 0;
    std::string hash;
};

result<chain_end> end_of_chain(read_session& session) {
    for (const read_sql sql : {read_sql("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1"),
                               read_sql("SELECT 0, hash FROM audit_genesis")}) {
        auto rows = session.prepare(sql);
        if (!rows) return rows.error();
        auto found = rows->step();
        if (!found) return found.error();
        const auto hash = *found ? rows->bytes(1) : blob_view();
        if (*found) return chain_end{rows->integer(0), {reinterpret_cast<const char*>(hash.data()), hash.size()}};
    }
    return error(make_error_code(sqlite_errc::corrupt), "the audit log has no genesis");
}

// The path with what its parts stand for, or that of what was made.
std::string target_of(const operation& what, const call& request) {
    std::string target;
    std::size_t part = 0;
    for (std::string_view rest = what.path; !rest.empty();) {
        const std::size_t open = std::min(rest.find('{'), rest.size());
        target.append(rest.substr(0, open));
        rest.remove_prefix(open);
        if (rest.empty()) break;
        target.append(request.path[part++]);
        rest.remove_prefix(rest.find('}') + 1);
    }
    return target;
}

// Parameters say which rows were meant. As many as there is room for, each as a pair.
void write_query(const call& request, json::writer& out) {
    constexpr std::size_t bytes_max = audit_detail_max - 512;
    std::string pairs;
    json::writer list(pairs);
    std::size_t left_out = 0;
    list.begin_array();
    for (const auto& [name, text] : request.query) {
        std::string pair;
        json::writer(pair).begin_array().string(name).string(text).end_array();
        if (pairs.size() + pair.size() > bytes_max) ++left_out;
        else list.raw(pair);
    }
    list.end_array();
    out.key("query").raw(pairs);
    if (left_out > 0) out.key("query_left_out").integer(static_cast<std::int64_t>(left_out));
}

// What a record says afterwards in the fields whose past is kept: of a user the role, of a role the permissions.
void write_record(const operation& what, const reply& done, json::writer& out) {
    if (what.of == nullptr || what.of->history.empty() || done.body.empty()) return;
    boost::system::error_code none;
    const auto shown = boost::json::parse(boost::json::string_view(done.body.data(), done.body.size()), none);
    const auto* const members = none ? nullptr : shown.if_object();
    if (members == nullptr || !members->contains("id")) return;
    out.key("record").begin_object();
    for (const std::string_view name : what.of->history)
        if (const auto* const member = members->if_contains(boost::json::string_view(name.data(), name.size()))) {
            std::string text;
            json::append_value(text, *member);
            out.key(name).raw(text);
        }
    out.end_object();
}

}  // namespace

result<void> append_audit(write_session& session, const audit_entry& entry) {
    auto before = end_of_chain(session);
    if (!before) return before.error();
    const auto principal = bounded(entry.principal, audit_text_max), target = bounded(entry.target, audit_target_max),
               address = bounded(entry.address, audit_text_max), id = bounded(entry.request_id, audit_text_max);
    const std::string action = bounded(entry.action, audit_text_max).value_or("?"),
                      detail = bounded_detail(entry.detail);
    const auto outcome = static_cast<std::int64_t>(entry.outcome);
    const std::int64_t seq = before->seq + 1;
    const auto hash =
        audit_hash(before->hash, {seq, entry.at, principal, action, outcome, target, address, id, detail});
    return session.execute(
        "INSERT OR FAIL INTO audit(seq, at, principal, action, outcome, target, address, request_id, detail, hash) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        seq, entry.at, principal, action, outcome, target, address, id, detail,
        blob_view(std::as_bytes(std::span(hash))));
}

audit_entry audit_entry_of(const operation& what, const call& request) {
    audit_entry made;
    made.at = request.now;
    made.principal = request.principal;
    made.action = what.id;
    made.target = target_of(what, request);
    made.address = request.address;
    made.request_id = request.request_id;
    return made;
}

result<void> audit_write(const operation& what, write_session& session, const call& request, const reply& done) {
    constexpr std::string_view base = "/api/v1";
    audit_entry entry = audit_entry_of(what, request);
    if (done.location.starts_with(base)) entry.target = done.location.substr(base.size());
    entry.detail.clear();
    json::writer out(entry.detail);
    out.begin_object();
    if (!request.query.empty()) write_query(request, out);
    append_bulk_detail(request, done, out);
    write_record(what, done, out);
    // A long write is several transactions, each with its entry.
    if (done.rest != nullptr) out.key("goes_on").boolean(true);
    out.end_object();
    return append_audit(session, entry);
}

bool is_audited_read(const operation& what, const call& request) noexcept {
    return what.is_audited && !what.is_write() && !(what.has_rows && request.format == reply_format::json);
}

result<void> audit_read(const operation& what, write_session& session, const call& request) {
    audit_entry entry = audit_entry_of(what, request);
    entry.detail.clear();
    json::writer out(entry.detail);
    out.begin_object();
    if (what.has_rows) out.key("format").string(request.format == reply_format::csv ? "csv" : "ndjson");
    if (!request.query.empty()) write_query(request, out);
    out.end_object();
    return append_audit(session, entry);
}

}  // namespace carrel::siem
