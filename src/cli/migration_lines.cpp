#include "cli/migration_lines.hpp"

#include "siem/migrations.hpp"
#include "sqlite/migration_report.hpp"
#include "sqlite/migration_versions.hpp"

#include <carrel/database.hpp>

#include <iostream>

namespace carrel::cli {

log_sink migration_lines::sink() {
    return [this](log_level, std::string_view text) { add(text); };
}

void migration_lines::add(std::string_view text) {
    if (!sqlite::is_about_migration(text)) {
        std::cerr << "carrel: " << path_ << ": " << text << std::endl;
        return;
    }
    std::cout << path_ << ": " << text << std::endl;
    if (sqlite::says_done(text)) ++done_;
    else if (sqlite::says_begins(text)) ++begun_;
}

std::string newest_migration() { return sqlite::named(siem::migrations().back()); }

void print_what_is_moved_later(database& store, std::string_view path) {
    const auto rows =
        store.read([](read_session& session) { return session.first_integer("SELECT count(*) FROM events"); });
    if (!rows || rows->value_or(0) == 0) return;
    std::cout << path << ": " << **rows << " events of version 0.1.0 will be moved into segments while a server runs\n";
}

}  // namespace carrel::cli
