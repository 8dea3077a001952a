#include <carrel/error.hpp>

#include <sqlite3.h>

#include <array>
#include <utility>

namespace carrel {
namespace {

constexpr std::array<std::pair<errc, const char*>, 22> messages{{
    {errc::overloaded, "the queue is full"},
    {errc::stopping, "the database is stopping"},
    {errc::deadline_exceeded, "the deadline passed"},
    {errc::cancelled, "the caller cancelled"},
    {errc::budget_exceeded, "the read outgrew its budget"},
    {errc::snapshot_too_old, "the snapshot was held until the WAL reached its hard cap"},
    {errc::outcome_unknown, "the commit failed in fsync, its outcome is unknown"},
    {errc::writer_poisoned, "an earlier commit failed in fsync, no write is accepted before a restart"},
    {errc::work_threw, "the work threw an exception"},
    {errc::not_a_read, "SQL that may write was handed to a read session"},
    {errc::statement_left_open, "the work kept a statement beyond its call"},
    {errc::wrong_parameters, "the values do not fit the parameters of the statement"},
    {errc::invalid_option, "an option is outside its range"},
    {errc::no_directory, "the directory of the database does not exist"},
    {errc::read_only_file, "the database file may not be written"},
    {errc::not_a_database, "the file is no SQLite database"},
    {errc::database_in_use, "the database is served by another process"},
    {errc::network_filesystem, "network file systems cannot hold a WAL database"},
    {errc::profile_mismatch, "a connection does not read back what was set"},
    {errc::migration_changed, "an applied migration was changed"},
    {errc::newer_database, "the database was migrated by a newer program"},
    {errc::wrong_type, "a value holds another type than asked for"},
}};

class own_category final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "carrel"; }
    std::string message(int code) const override {
        for (const auto& [value, text] : messages)
            if (static_cast<int>(value) == code) return text;
        return "unknown carrel error";
    }
};

class sqlite_error_category final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "sqlite"; }
    std::string message(int code) const override { return sqlite3_errstr(code); }
};

}  // namespace

const boost::system::error_category& carrel_category() noexcept {
    static const own_category category;
    return category;
}

const boost::system::error_category& sqlite_category() noexcept {
    static const sqlite_error_category category;
    return category;
}

error_code make_error_code(errc e) noexcept { return {static_cast<int>(e), carrel_category()}; }
error_code make_error_code(sqlite_errc e) noexcept { return {static_cast<int>(e), sqlite_category()}; }

std::string error::message() const {
    auto text = code_.message();
    return diagnostic_.empty() ? text : text + ": " + diagnostic_;
}

void throw_exception_from_error(const error& e, const boost::source_location&) { throw error_exception(e); }

}  // namespace carrel
