#include <carrel/session.hpp>

#include "sqlite/connection.hpp"

#include <sqlite3.h>

namespace carrel {

// -- statement ---

statement::statement(statement&& other) noexcept
    : owner_(other.owner_),
      entry_(std::exchange(other.entry_, nullptr)),
      failure_(other.failure_) {}

statement& statement::operator=(statement&& other) noexcept {
    std::swap(owner_, other.owner_);
    std::swap(entry_, other.entry_);
    std::swap(failure_, other.failure_);
    return *this;
}

statement::~statement() {
    if (entry_ != nullptr) owner_->statements_.give_back(entry_);
}

result<bool> statement::step() {
    if (failure_ == -1) return error(errc::wrong_parameters, entry_->sql);
    if (failure_ != 0) return owner_->failure(failure_);
    const int rc = owner_->count_busy(sqlite3_step(entry_->handle));
    if (!entry_->reads_only && (rc == SQLITE_ROW || rc == SQLITE_DONE)) owner_->has_written_ = true;
    if (rc == SQLITE_ROW) return true;
    if (rc == SQLITE_DONE) {
        sqlite3_reset(entry_->handle);
        return false;
    }
    auto failed = owner_->step_failure(rc, *entry_);
    sqlite3_reset(entry_->handle);
    return failed;
}

result<void> statement::run() {
    for (;;) {
        auto row = step();
        if (!row) return row.error();
        if (!*row) return {};
    }
}

void statement::reset() noexcept { sqlite3_reset(entry_->handle); }

void statement::rewind() noexcept {
    sqlite3_reset(entry_->handle);
    failure_ = 0;
}

void statement::expect_parameters(int bound) noexcept {
    if (bound != sqlite3_bind_parameter_count(entry_->handle)) failure_ = -1;
}

void statement::note(int rc) noexcept {
    if (rc != SQLITE_OK && failure_ == 0) failure_ = rc;
}

statement& statement::bind_range(std::span<const value> values) {
    rewind();
    int index = 0;
    for (const auto& one : values) bind_one(++index, one);
    expect_parameters(index);
    return *this;
}

void statement::bind_one(int index, const value& v) {
    std::visit(
        [&](const auto& held) {
            if constexpr (std::is_same_v<std::decay_t<decltype(held)>, std::monostate>) bind_null(index);
            else bind_one(index, held);
        },
        v);
}

void statement::bind_integer(int index, std::int64_t v) noexcept { note(sqlite3_bind_int64(entry_->handle, index, v)); }
void statement::bind_real(int index, double v) noexcept { note(sqlite3_bind_double(entry_->handle, index, v)); }
void statement::bind_null(int index) noexcept { note(sqlite3_bind_null(entry_->handle, index)); }

void statement::bind_text(int index, std::string_view v) noexcept {
    // A null pointer would bind NULL instead of the empty string.
    const char* bytes = v.data() == nullptr ? "" : v.data();
    note(sqlite3_bind_text64(entry_->handle, index, bytes, v.size(), SQLITE_STATIC, SQLITE_UTF8));
}

void statement::bind_blob(int index, blob_view v) noexcept {
    const void* bytes = v.data() == nullptr ? static_cast<const void*>("") : v.data();
    note(sqlite3_bind_blob64(entry_->handle, index, bytes, v.size(), SQLITE_STATIC));
}

int statement::column_count() const noexcept { return sqlite3_column_count(entry_->handle); }
value_type statement::type(int column) const noexcept {
    return static_cast<value_type>(sqlite3_column_type(entry_->handle, column));
}
std::int64_t statement::integer(int column) const noexcept { return sqlite3_column_int64(entry_->handle, column); }
double statement::real(int column) const noexcept { return sqlite3_column_double(entry_->handle, column); }

std::string_view statement::text(int column) const noexcept {
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(entry_->handle, column));
    return bytes == nullptr
               ? std::string_view()
               : std::string_view(bytes, static_cast<std::size_t>(sqlite3_column_bytes(entry_->handle, column)));
}

blob_view statement::bytes(int column) const noexcept {
    const auto* bytes = static_cast<const std::byte*>(sqlite3_column_blob(entry_->handle, column));
    return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(entry_->handle, column))};
}

column_value statement::at(int column) const noexcept {
    return column_value(sqlite3_column_value(entry_->handle, column));
}

// What sqlite3_column_value returns is "unprotected", which means that no mutex guards it. A connection belongs to one thread
// at a time here, so there is none to guard it from (sqlite.org/c3ref/column_blob.html, c3ref/value.html).
value_type column_value::type() const noexcept { return static_cast<value_type>(sqlite3_value_type(held_)); }
std::int64_t column_value::integer() const noexcept { return sqlite3_value_int64(held_); }
std::string_view column_value::text() const noexcept {
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_value_text(held_));
    return bytes == nullptr ? std::string_view()
                            : std::string_view(bytes, static_cast<std::size_t>(sqlite3_value_bytes(held_)));
}

// -- sessions ---

result<statement> read_session::prepare(read_sql sql) { return connection_->prepare(sql.text(), true); }
result<statement> write_session::prepare(write_sql sql) { return connection_->prepare(sql.text(), false); }

std::int64_t write_session::last_insert_rowid() const noexcept { return connection_->job_last_insert_rowid(); }
std::int64_t write_session::changes() const noexcept { return connection_->job_changes(); }
std::uint64_t write_session::commit_sequence() const noexcept { return connection_->commit_sequence; }

result<int> write_session::open_scope() {
    if (auto opened = connection_->savepoint(); !opened) return opened.error();
    return 0;
}

result<void> write_session::close_scope(int, bool keep) {
    // Gone already if the part's failure rolled back the whole transaction; the writer finds that out by itself.
    if (!connection_->in_transaction()) return {};
    return keep ? connection_->release() : connection_->rollback_to_and_release();
}

}  // namespace carrel
