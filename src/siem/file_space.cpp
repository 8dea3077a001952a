#include "siem/file_space.hpp"

namespace carrel::siem {

namespace {

result<std::int64_t> setting(read_session& session, std::string_view pragma) {
    auto found = session.first_integer(read_sql::dynamic(pragma));
    if (!found) return found.error();
    return found->value_or(0);
}

}  // namespace

result<file_space> space_of(read_session& session) {
    constexpr std::int64_t incremental = 2;
    auto mode = setting(session, "PRAGMA auto_vacuum");
    if (!mode) return mode.error();
    if (*mode != incremental) return file_space();
    auto pages = setting(session, "PRAGMA page_count");
    if (!pages) return pages.error();
    auto free = setting(session, "PRAGMA freelist_count");
    if (!free) return free.error();
    return file_space{*pages, *free};
}

result<void> give_back(write_session& session) {
    // Some milliseconds: an alert that is posted beside it waits no longer.
    return session.execute("PRAGMA incremental_vacuum(256)");
}

}  // namespace carrel::siem
