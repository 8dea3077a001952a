#include "cli/backup_copy.hpp"

#include "cli/check_audit.hpp"
#include "cli/check_positions.hpp"
#include "cli/progress.hpp"
#include "siem/migrations.hpp"
#include "sqlite/check.hpp"
#include "sqlite/file_owner.hpp"

namespace carrel::cli {

namespace {

constexpr std::string_view select_facts =
    "SELECT (SELECT application_id FROM pragma_application_id), (SELECT sequence FROM carrel_commit), "
    "(SELECT coalesce(max(number), 0) FROM carrel_migrations)";

result<void> read_facts(const sqlite::check_query& rows, siem::copy_facts& into) {
    std::int64_t application = 0;
    auto done = rows(std::string(select_facts), [&](const sqlite::check_row& row) {
        application = row.integer(0);
        into = {row.integer(1), row.integer(2)};
        return false;
    });
    if (!done) return done;
    if (application != sqlite::application_id) return error(errc::not_a_carrel_database);
    return {};
}

}  // namespace

result<siem::copy_facts> read_copy_facts(const std::string& path) {
    siem::copy_facts facts;
    auto found = sqlite::inspect_file(
        path, [&](const sqlite::check_query& rows, std::vector<std::string>&) { return read_facts(rows, facts); });
    if (!found) return found.error();
    return facts;
}

result<void> verify_copy(const std::string& path) {
    const auto newest = static_cast<std::int64_t>(siem::migrations().size());
    auto found = sqlite::inspect_file(
        path, [&](const sqlite::check_query& rows, std::vector<std::string>& findings) -> result<void> {
            siem::copy_facts facts;
            if (auto read = read_facts(rows, facts); !read) return read;
            if (facts.schema_step > newest)
                return error(errc::newer_database, "the file is at migration " + std::to_string(facts.schema_step) +
                                                       ", the program knows them to " + std::to_string(newest));
            progress_bar unseen("", false);
            std::optional<audit_head> last;
            if (auto done = inspect_audit(rows, {}, findings, unseen, last); !done) return done;
            // What an earlier version wrote has its events in other tables.
            return facts.schema_step == newest ? inspect_positions(rows, findings) : result<void>();
        });
    if (!found) return found.error();
    if (found->empty()) return {};
    return error(make_error_code(sqlite_errc::corrupt), "the copy is damaged: " + found->front());
}

}  // namespace carrel::cli
