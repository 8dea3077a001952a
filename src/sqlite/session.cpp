#include <carrel/cost.hpp>
#include <carrel/session.hpp>

#include "sqlite/connection.hpp"
#include "sqlite/long_work.hpp"

namespace carrel {

result<statement> read_session::prepare(read_sql sql) { return connection_->prepare(sql.text(), true); }
result<statement> write_session::prepare(write_sql sql) { return connection_->prepare(sql.text(), false); }

result<blob_reader> read_session::open_blob(std::string_view table, std::string_view column, std::int64_t rowid) {
    auto opened = connection_->blob_at(table, column, rowid, false);
    if (!opened) return opened.error();
    return blob_reader(*std::move(opened));
}

result<blob_writer> write_session::open_blob(std::string_view table, std::string_view column, std::int64_t rowid) {
    auto opened = connection_->blob_at(table, column, rowid, true);
    if (!opened) return opened.error();
    return blob_writer(*std::move(opened));
}

std::int64_t write_session::last_insert_rowid() const noexcept { return connection_->job_last_insert_rowid(); }
std::int64_t write_session::changes() const noexcept { return connection_->job_changes(); }
sqlite::connection& detail::connection_of(read_session& session) noexcept { return *session.connection_; }

result<void> read_session::check_interrupt() noexcept {
    auto& watching = connection_->watching();
    connection_->meter().look();
    if (!watching.is_cancelled_between() && !watching.must_end()) return {};
    connection_->note_tripped();
    return error(*watching.tripped());
}

result<void> expect_cost(read_session& session, std::uint64_t key) noexcept {
    return detail::connection_of(session).expect_cost(key & ~sqlite::long_work);
}

result<void> expect_long(read_session& session, std::uint64_t key) noexcept {
    return detail::connection_of(session).expect_cost(key | sqlite::long_work);
}

bool write_session::should_yield() const noexcept { return connection_->should_yield(); }
std::uint64_t write_session::commit_sequence() const noexcept { return connection_->commit_sequence; }

result<sqlite::savepoint> write_session::open_savepoint() { return connection_->open_savepoint(); }

}  // namespace carrel
