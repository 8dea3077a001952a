#include <carrel/statement.hpp>

#include "sqlite/connection.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <string>

namespace carrel {
namespace {

error sqlite_error(int code, std::string text) {
    return {make_error_code(static_cast<sqlite_errc>(code)), std::move(text)};
}

// A parameter's name without the character that marks it.
std::string_view bare(std::string_view name) {
    if (!name.empty() && std::string_view(":@$").find(name.front()) != name.npos) name.remove_prefix(1);
    return name;
}

const char* reason_of(detail::bad_value why) {
    switch (why) {
        case detail::bad_value::too_large: return "is above the largest signed 64-bit integer";
        case detail::bad_value::nan: return "is NaN, which SQL would store as NULL";
        case detail::bad_value::null_pointer: return "is a null pointer; std::nullopt binds NULL";
        case detail::bad_value::no_such_name: return "has a name that the statement has not";
        case detail::bad_value::bound_twice: return "is bound twice";
        case detail::bad_value::count:
        case detail::bad_value::none: break;
    }
    return "";
}

}  // namespace

statement::statement(statement&& other) noexcept
    : owner_(other.owner_),
      entry_(std::exchange(other.entry_, nullptr)),
      failure_(other.failure_),
      refused_index_(other.refused_index_),
      refused_(other.refused_) {}

statement& statement::operator=(statement&& other) noexcept {
    std::swap(owner_, other.owner_);
    std::swap(entry_, other.entry_);
    std::swap(failure_, other.failure_);
    std::swap(refused_index_, other.refused_index_);
    std::swap(refused_, other.refused_);
    return *this;
}

statement::~statement() {
    if (entry_ == nullptr) return;
    if (entry_->is_running) owner_->meter_.end(*entry_, false);
    owner_->statements_.give_back(entry_);
}

// -- running ---

result<bool> statement::step() {
    if (refused_ != detail::bad_value::none) return bind_failure();
    if (failure_ != 0) return owner_->failure(failure_);
    if (owner_->watch_.looks_between() && sqlite3_stmt_busy(entry_->handle) == 0 &&
        owner_->watch_.is_cancelled_between())
        return error(*owner_->watch_.tripped());
    auto& meter = owner_->meter_;
    if (!entry_->is_running) meter.begin(*entry_);
    const int rc = owner_->count_busy(sqlite3_step(entry_->handle));
    if (rc == SQLITE_ROW) meter.row(*entry_);
    else meter.end(*entry_, rc != SQLITE_DONE);
    if (!entry_->reads_only && (rc == SQLITE_ROW || rc == SQLITE_DONE)) owner_->has_written_ = true;
    if (owner_->host_failures_.any()) {
        reset();
        return owner_->host_failures_.take();
    }
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

void statement::reset() noexcept {
    if (entry_->is_running) owner_->meter_.end(*entry_, false);
    sqlite3_reset(entry_->handle);
}

// -- binding ---

void statement::rewind() noexcept {
    reset();
    failure_ = 0;
    refused_ = detail::bad_value::none;
}

void statement::expect_parameters(int bound) noexcept {
    if (bound != sqlite3_bind_parameter_count(entry_->handle)) refuse(0, detail::bad_value::count);
}

void statement::expect_each_once(const int* bound, int count) noexcept {
    expect_parameters(count);
    for (int i = 0; i < count; ++i)
        if (std::find(bound, bound + i, bound[i]) != bound + i) refuse(bound[i], detail::bad_value::bound_twice);
}

void statement::note(int rc) noexcept {
    if (rc != SQLITE_OK && failure_ == 0) failure_ = rc;
}

// The first reason stays, since the others may follow from it.
void statement::refuse(int index, detail::bad_value why) noexcept {
    if (refused_ != detail::bad_value::none) return;
    refused_ = why;
    refused_index_ = static_cast<std::int16_t>(index);
}

error statement::bind_failure() const {
    if (refused_ == detail::bad_value::count) return {errc::wrong_parameters, entry_->sql};
    return {errc::wrong_parameters,
            "value " + std::to_string(refused_index_) + " " + reason_of(refused_) + ": " + entry_->sql};
}

int statement::index_of(std::string_view name) noexcept {
    const int count = sqlite3_bind_parameter_count(entry_->handle);
    for (int i = 1; i <= count; ++i) {
        const char* at = sqlite3_bind_parameter_name(entry_->handle, i);
        if (at != nullptr && (name == at || name == bare(at))) return i;
    }
    refuse(0, detail::bad_value::no_such_name);
    return 0;
}

statement& statement::bind_values(std::span<const value> values, bool copies) {
    rewind();
    int index = 0;
    for (const auto& one : values) bind_value(++index, one, copies);
    expect_parameters(index);
    return *this;
}

void statement::bind_value(int index, const value& v, bool copies) noexcept {
    if (const auto* integer = std::get_if<std::int64_t>(&v)) bind_integer(index, *integer);
    else if (const auto* real = std::get_if<double>(&v)) bind_scalar<false>(index, *real);
    else if (const auto* text = std::get_if<std::string>(&v)) bind_text(index, *text, copies);
    else if (const auto* bytes = std::get_if<blob>(&v)) bind_blob(index, *bytes, copies);
    else bind_null(index);
}

void statement::bind_integer(int index, std::int64_t v) noexcept { note(sqlite3_bind_int64(entry_->handle, index, v)); }
void statement::bind_real(int index, double v) noexcept { note(sqlite3_bind_double(entry_->handle, index, v)); }
void statement::bind_null(int index) noexcept { note(sqlite3_bind_null(entry_->handle, index)); }
void statement::bind_zeros(int index, std::uint64_t size) noexcept {
    note(sqlite3_bind_zeroblob64(entry_->handle, index, size));
}

void statement::bind_text(int index, std::string_view v, bool copies) noexcept {
    // A null pointer would bind NULL instead of the empty string.
    const char* bytes = v.data() == nullptr ? "" : v.data();
    const auto keeper = copies ? SQLITE_TRANSIENT : SQLITE_STATIC;
    note(sqlite3_bind_text64(entry_->handle, index, bytes, v.size(), keeper, SQLITE_UTF8));
}

void statement::bind_blob(int index, blob_view v, bool copies) noexcept {
    const void* bytes = v.data() == nullptr ? static_cast<const void*>("") : v.data();
    note(sqlite3_bind_blob64(entry_->handle, index, bytes, v.size(), copies ? SQLITE_TRANSIENT : SQLITE_STATIC));
}

// -- columns ---

int statement::column_count() const noexcept { return sqlite3_column_count(entry_->handle); }
int statement::row_size() const noexcept { return sqlite3_data_count(entry_->handle); }

std::string_view statement::column_name(int column) const noexcept {
    const char* name = sqlite3_column_name(entry_->handle, column);
    return name == nullptr ? std::string_view() : std::string_view(name);
}

value_type statement::type(int column) const noexcept {
    return static_cast<value_type>(sqlite3_column_type(entry_->handle, column));
}
std::int64_t statement::integer(int column) const noexcept { return sqlite3_column_int64(entry_->handle, column); }
double statement::real(int column) const noexcept { return sqlite3_column_double(entry_->handle, column); }

std::string_view statement::text(int column) const noexcept {
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(entry_->handle, column));
    if (bytes == nullptr) {
        if (!is_null(column)) owner_->note_lost_value();
        return {};
    }
    return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(entry_->handle, column))};
}

blob_view statement::bytes(int column) const noexcept {
    const auto* bytes = static_cast<const std::byte*>(sqlite3_column_blob(entry_->handle, column));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(entry_->handle, column));
    if (bytes == nullptr) {  // an empty one has no address either
        if (size != 0) owner_->note_lost_value();
        return {};
    }
    return {bytes, size};
}

column_value statement::at(int column) const noexcept {
    return column_value(sqlite3_column_value(entry_->handle, column));
}

error statement::no_column(int column) const {
    if (row_size() == 0) return sqlite_error(SQLITE_MISUSE, "there is no current row of: " + entry_->sql);
    return sqlite_error(
        SQLITE_RANGE, "column " + std::to_string(column) + " of " + std::to_string(row_size()) + " in: " + entry_->sql);
}

error statement::wrong_type(int column, const char* wanted) const {
    return {errc::wrong_type, "column " + std::to_string(column) + " (" + std::string(column_name(column)) +
                                  ") holds " + detail::describe(at(column)) + ", wanted " + wanted};
}

error statement::wrong_row_size(int wanted) const {
    if (row_size() == 0) return no_column(0);
    return {errc::wrong_type, "the row has " + std::to_string(row_size()) + " columns, wanted " +
                                  std::to_string(wanted) + ": " + entry_->sql};
}

// -- values ---

// What sqlite3_column_value returns is "unprotected", which means that no mutex guards it. A connection belongs to one thread
// at a time here, so there is none to guard it from (sqlite.org/c3ref/column_blob.html, c3ref/value.html).
value_type column_value::type() const noexcept { return static_cast<value_type>(sqlite3_value_type(held_)); }
std::int64_t column_value::integer() const noexcept { return sqlite3_value_int64(held_); }
double column_value::real() const noexcept { return sqlite3_value_double(held_); }

std::string_view column_value::text() const noexcept {
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_value_text(held_));
    return bytes == nullptr ? std::string_view()
                            : std::string_view(bytes, static_cast<std::size_t>(sqlite3_value_bytes(held_)));
}

blob_view column_value::bytes() const noexcept {
    const auto* bytes = static_cast<const std::byte*>(sqlite3_value_blob(held_));
    return {bytes, static_cast<std::size_t>(sqlite3_value_bytes(held_))};
}

value detail::value_of(const column_value& from) {
    switch (from.type()) {
        case value_type::integer: return from.integer();
        case value_type::real: return from.real();
        case value_type::text: return std::string(from.text());
        case value_type::bytes: return blob(from.bytes().begin(), from.bytes().end());
        case value_type::null: break;
    }
    return {};
}

std::string detail::describe(const column_value& from) {
    switch (from.type()) {
        case value_type::integer: return "the integer " + std::to_string(from.integer());
        case value_type::real: return "the real " + std::to_string(from.real());
        case value_type::text: return "text";
        case value_type::bytes: return "a blob";
        case value_type::null: break;
    }
    return "NULL";
}

}  // namespace carrel
