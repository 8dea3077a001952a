#include "cli/check_audit.hpp"

#include "base/hex.hpp"
#include "resource/audit_chain.hpp"

#include <algorithm>
#include <charconv>

namespace carrel::cli {
namespace {

constexpr std::size_t hash_size = 32;
constexpr const char* select_entries =
    "SELECT seq, at, principal, action, outcome, target, address, request_id, detail, hash FROM audit ORDER BY seq";

std::optional<std::string_view> text_of(const sqlite::check_row& row, int column) {
    if (row.type(column) == value_type::null) return std::nullopt;
    return row.bytes(column);
}

// A value of another type than what is written there may have the same bytes.
bool has_types(const sqlite::check_row& row) {
    using enum value_type;
    for (const int column : {0, 1, 4})
        if (row.type(column) != integer) return false;
    for (const int column : {3, 8})
        if (row.type(column) != text) return false;
    for (const int column : {2, 5, 6, 7})
        if (row.type(column) != text && row.type(column) != null) return false;
    return row.type(9) == bytes;
}

siem::audit_columns columns_of(const sqlite::check_row& row) {
    return {row.integer(0),  row.integer(1),  text_of(row, 2), row.bytes(3), row.integer(4),
            text_of(row, 5), text_of(row, 6), text_of(row, 7), row.bytes(8)};
}

std::string missing(std::int64_t from, std::int64_t to) {
    if (from == to) return "audit entry " + std::to_string(from) + " is missing";
    return "audit entries " + std::to_string(from) + " to " + std::to_string(to) + " are missing";
}

// Goes along the entries and stops at the first one at fault.
class chain_walk {
public:
    chain_walk(std::string genesis, const std::optional<audit_head>& kept)
        : kept_(kept),
          last_{0, std::move(genesis)} {
        compare();
    }

    void add(const sqlite::check_row& row) {
        const std::int64_t seq = row.integer(0), next = last_.seq + 1;
        if (seq > next) fault_ = missing(next, seq - 1);
        else if (seq < next) fault_ = "audit entry " + std::to_string(seq) + " has a number that no entry has";
        if (fault_) return;
        const std::string_view written = row.bytes(9);
        if (!has_types(row) || siem::bytes_of(siem::audit_hash(last_.hash, columns_of(row))) != written) {
            fault_ = "audit entry " + std::to_string(seq) +
                     " does not follow from what precedes it: one of both was changed, moved or put in";
            return;
        }
        last_ = {seq, std::string(written)};
        compare();
    }

    void end() {
        if (!fault_ && kept_ && kept_->seq > last_.seq)
            fault_ = missing(last_.seq + 1, kept_->seq) + ": the log is shorter than the head that was kept says";
    }

    const std::optional<std::string>& fault() const noexcept { return fault_; }
    const audit_head& last() const noexcept { return last_; }

private:
    void compare() {
        if (kept_ && kept_->seq == last_.seq && kept_->hash != last_.hash)
            fault_ = "audit entry " + std::to_string(last_.seq) +
                     " has another hash than the head that was kept: the log was written anew";
    }

    const std::optional<audit_head>& kept_;
    audit_head last_;
    std::optional<std::string> fault_;
};

result<std::optional<std::int64_t>> number(const sqlite::check_query& rows, const char* sql) {
    std::optional<std::int64_t> found;
    auto done = rows(sql, [&](const sqlite::check_row& row) {
        found = row.integer(0);
        return false;
    });
    if (!done) return done.error();
    return found;
}

}  // namespace

std::string audit_head::text() const { return std::to_string(seq) + ":" + base::to_hex(hash); }

std::optional<audit_head> parse_audit_head(std::string_view text) {
    audit_head made;
    const char* const end = text.data() + text.size();
    const auto number = std::from_chars(text.data(), end, made.seq);
    if (number.ec != std::errc() || made.seq < 0 || number.ptr == end || *number.ptr != ':') return std::nullopt;
    const char* at = number.ptr + 1;
    if (static_cast<std::size_t>(end - at) != 2 * hash_size) return std::nullopt;
    for (; at != end; at += 2) {
        unsigned char byte = 0;
        const auto digits = std::from_chars(at, at + 2, byte, 16);
        if (digits.ec != std::errc() || digits.ptr != at + 2) return std::nullopt;
        made.hash += static_cast<char>(byte);
    }
    return made;
}

result<void> inspect_audit(const sqlite::check_query& rows, const std::optional<audit_head>& kept,
                           std::vector<std::string>& findings, progress_bar& bar, std::optional<audit_head>& last) {
    last.reset();
    auto tables = number(rows, "SELECT count(*) FROM sqlite_schema WHERE name IN ('audit', 'audit_genesis')");
    if (!tables) return tables.error();
    if (*tables != 2) {
        if (kept || *tables == 1) findings.emplace_back("the audit log is missing");
        return {};
    }
    auto all = number(rows, "SELECT max(seq) FROM audit");
    if (!all) return all.error();
    std::optional<std::string> genesis;
    auto done = rows("SELECT hash FROM audit_genesis", [&](const sqlite::check_row& row) {
        genesis = row.bytes(0);
        return false;
    });
    if (!done) return done;
    if (!genesis) {
        findings.emplace_back("the audit log has no genesis");
        return {};
    }
    chain_walk walk(std::move(*genesis), kept);
    const double entries = std::max(1.0, static_cast<double>(all->value_or(1)));
    done = rows(select_entries, [&](const sqlite::check_row& row) {
        if (!walk.fault()) walk.add(row);
        bar.show(static_cast<double>(walk.last().seq) / entries, "audit entries checked");
        return !walk.fault();
    });
    if (!done) return done;
    walk.end();
    if (walk.fault()) findings.push_back(*walk.fault());
    else last = walk.last();
    return {};
}

}  // namespace carrel::cli
