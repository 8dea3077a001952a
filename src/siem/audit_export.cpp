#include "base/csv.hpp"
#include "base/time.hpp"
#include "resource/listing.hpp"
#include "resource/problems.hpp"
#include "siem/audit_log.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace carrel::siem {

namespace {

// A piece is a turn of a reader: so many entries are looked at, or so much is written.
constexpr std::int64_t piece_entries = 20'000;
constexpr std::size_t piece_bytes = 4u << 20;

struct export_plan {
    std::string sql;
    std::vector<value> values;  // of the filters
};

struct export_input : input {
    std::shared_ptr<const export_plan> plan;
    bool is_first = true;
    std::int64_t after = 0, until = 0;  // entries behind `after`, up to the last one there was
    std::int64_t left = 0;
};

void append_cells(const statement& row, std::string& out) {
    const auto& shown = audit().shown;
    for (std::size_t i = 0; i < shown.size(); ++i) {
        const field& rules = audit().fields[shown[i].field];
        const auto held = row.at(static_cast<int>(i));
        if (i > 0) out += ',';
        if (held.type() == value_type::text) base::append_csv_cell(held.text(), out);
        if (held.type() != value_type::integer) continue;
        const auto place = static_cast<std::size_t>(held.integer());
        if (rules.kind == field_kind::time) out += format_time(held.integer());
        else if (rules.kind == field_kind::enumeration && place < rules.values.size()) out += rules.values[place];
        else out += std::to_string(held.integer());
    }
    out += "\r\n";
}

void append_header(std::string& out) {
    for (const auto& each : audit().shown) (out += out.empty() ? "" : ",") += audit().fields[each.field].name;
    out += "\r\n";
}

// Up to `until`, or as much as makes a piece; `next` goes on behind it.
result<void> write_piece(read_session& session, const call& request, export_input& next, reply& into) {
    auto rows = session.prepare(read_sql::dynamic(next.plan->sql));
    if (!rows) return rows.error();
    const std::int64_t until = std::min(next.until, next.after + piece_entries);
    std::vector<value> values = next.plan->values;
    for (const std::int64_t bound : {next.after, until, next.left}) values.emplace_back(bound);
    rows->bind_borrowed(values);
    constexpr int seq = 1;
    for (;;) {
        auto more = rows->step();
        if (!more) return more.error();
        if (!*more) break;
        if (request.format == reply_format::csv) {
            append_cells(*rows, into.body);
        } else {
            append_row(audit(), *rows, 0, into.body);
            into.body += '\n';
        }
        next.after = rows->integer(seq);
        --next.left;
        if (into.body.size() >= piece_bytes) return {};
    }
    next.after = until;
    return {};
}

}  // namespace

std::optional<problem> check_audit_export(const operation&, call& request) {
    constexpr std::array<std::string_view, 2> own = {"after", "limit"};
    constexpr std::int64_t all = 1'000'000'000'000'000;
    std::vector<fault> faults = refuse_parameters(audit(), request.query, own);
    auto parsed = std::make_unique<export_input>();
    auto plan = std::make_shared<export_plan>();
    const conditions filters = read_conditions(audit(), request.query, request.now);
    faults.insert(faults.end(), filters.faults.begin(), filters.faults.end());
    parsed->left = all;
    if (auto wrong = read_number(request.query, "limit", all, parsed->left)) faults.push_back(std::move(*wrong));
    const bool is_begun = parameter(request.query, "after").value_or("0") != "0";
    if (is_begun)
        if (auto wrong = read_number(request.query, "after", all, parsed->after)) faults.push_back(std::move(*wrong));
    if (!faults.empty()) return problem_of(problem_code::bad_request, std::move(faults));
    // Each entry is looked at once, in its order; an index of a filter would be gone through for each piece.
    plan->sql = "SELECT " + audit().columns + " FROM audit NOT INDEXED" + filters.where +
                (filters.where.empty() ? " WHERE" : " AND") + " seq > ? AND seq <= ? ORDER BY seq LIMIT ?";
    plan->values = filters.values;
    parsed->plan = std::move(plan);
    request.parsed = std::move(parsed);
    return std::nullopt;
}

result<void> export_audit(const operation&, read_session& session, const call& request, reply& into) {
    const auto& from = static_cast<const export_input&>(*request.parsed);
    into.clear();
    auto next = std::make_unique<export_input>();
    next->plan = from.plan;
    next->is_first = false;
    next->after = from.after;
    next->until = from.until;
    next->left = from.left;
    if (from.is_first) {
        if (request.format == reply_format::csv) append_header(into.body);
        auto last = session.first_integer("SELECT max(seq) FROM audit");
        if (!last) return last.error();
        next->until = last->value_or(0);
    }
    if (auto done = write_piece(session, request, *next, into); !done) return done;
    if (next->left > 0 && next->after < next->until) into.rest = std::move(next);
    return {};
}

}  // namespace carrel::siem
