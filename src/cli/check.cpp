#include "sqlite/check.hpp"

#include "cli/check_audit.hpp"
#include "cli/check_positions.hpp"
#include "cli/command.hpp"
#include "cli/options.hpp"
#include "cli/progress.hpp"
#include "siem/migrations.hpp"
#include "siem/segment_check.hpp"
#include "sqlite/migration_versions.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>
#include <filesystem>
#include <iostream>

namespace carrel::cli {
namespace {

constexpr std::size_t findings_max = 100;

int report(const sqlite::check_report& found, const std::string& path, const std::optional<audit_head>& head = {}) {
    for (const auto& unseen : found.unseen) std::cerr << "carrel: warning: " << unseen << '\n';
    if (found.ok) {
        if (head) std::cout << path << ": head of the audit log: " << head->text() << '\n';
        std::cout << path << (found.unseen.empty() ? ": ok\n" : ": the database file alone is sound\n");
        return exit_done;
    }
    for (const auto& finding : found.findings) std::cout << path << ": " << finding << '\n';
    std::cerr << "carrel: " << path << " is damaged\n";
    return exit_failed;
}

constexpr std::string_view select_segments =
    "SELECT seq, sealed, events, bytes, from_at, to_at, from_id, to_id, filter, columns, data, paths, texts "
    "FROM event_segments LEFT JOIN segment_summaries ON segment = seq ORDER BY seq";

segments::segment segment_from(const sqlite::check_row& row) {
    segments::segment stored;
    stored.is_sealed = row.integer(1) != 0;
    stored.events = row.integer(2);
    stored.bytes = row.integer(3);
    stored.from_at = row.integer(4);
    stored.to_at = row.integer(5);
    stored.from_id = siem::id_of_key(row.bytes(6));
    stored.to_id = siem::id_of_key(row.bytes(7));
    stored.filter = row.bytes(8);
    stored.columns = row.bytes(9);
    stored.data = row.bytes(10);
    stored.paths = row.bytes(11);
    stored.texts = row.bytes(12);
    return stored;
}

// SQLite cannot tell damage inside of the segments in which events are kept. A database need not have any.
result<void> inspect_segments(const sqlite::check_query& rows, std::vector<std::string>& findings, progress_bar& bar) {
    std::int64_t tables = 0, all = 0, looked_at = 0;
    auto done = rows("SELECT count(*) FROM sqlite_schema WHERE name = 'event_segments'", [&](const auto& row) {
        tables = row.integer(0);
        return false;
    });
    if (!done || tables == 0) return done;
    done = rows("SELECT count(*) FROM event_segments", [&](const auto& row) {
        all = row.integer(0);
        return false;
    });
    if (!done) return done;
    done = rows(std::string(select_segments), [&](const auto& row) {
        for (const auto& damage : siem::damages_of(segment_from(row)))
            findings.push_back("segment " + std::to_string(row.integer(0)) + " of the events: " + damage);
        bar.show(static_cast<double>(++looked_at) / static_cast<double>(std::max(all, looked_at)), "segments checked");
        return findings.size() < findings_max;
    });
    if (!done) return done;
    bool has_positions = false;
    done = rows("SELECT 1 FROM sqlite_schema WHERE name = 'segment_positions'", [&](const auto&) {
        has_positions = true;
        return false;
    });
    if (!done || !has_positions) return done;
    return inspect_positions(rows, findings);
}

}  // namespace

int check(std::span<char*> arguments) {
    std::string path = "carrel.db", kept_head;
    CLI::App app("Checks the integrity of a database, read-only; may run beside a server. Exit status 1: damaged.",
                 "check");
    app.add_option("--database", path, "file to check")->capture_default_str()->envname("CARREL_DATABASE");
    app.add_option("--audit-head", kept_head,
                   "SEQ:HASH of an entry that the audit log had, as GET /audit/head returned it");
    if (const auto ended = parse(app, arguments)) return *ended;
    const auto kept = parse_audit_head(kept_head);
    if (!kept && !kept_head.empty()) return unusable("check: --audit-head must be SEQ:HASH, the hash in 64 digits");
    std::optional<audit_head> head;
    std::error_code ec;
    if (!std::filesystem::exists(path, ec)) return unusable("check: " + path + " does not exist", exit_file);
    // What a newer program keeps cannot be judged by this one.
    if (const auto known = sqlite::check_versions(path, siem::migrations()); !known)
        return unusable("check: " + explain(known.error(), path), exit_status_of(known.error()));
    auto found = [&] {
        progress_bar bar(path);
        const auto inspect = [&](const sqlite::check_query& rows, std::vector<std::string>& findings) -> result<void> {
            if (auto done = inspect_segments(rows, findings, bar); !done) return done;
            return inspect_audit(rows, kept, findings, bar, head);
        };
        return sqlite::check_file(
            path, [&bar](double fraction) { bar.show(fraction, "checked"); }, inspect);
    }();
    if (!found && found.error() == sqlite_errc::corrupt)
        return report({.ok = false, .findings = {found.error().code().message()}, .unseen = {}}, path);
    if (!found) return unusable("check: " + explain(found.error(), path), exit_status_of(found.error()));
    return report(*found, path, head);
}

}  // namespace carrel::cli
