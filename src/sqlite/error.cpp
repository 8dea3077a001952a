#include <carrel/error.hpp>

#include <sqlite3.h>

#include <array>

namespace carrel {
namespace {

namespace condition = boost::system::errc;

struct entry {
    errc value;
    const char* text;
    condition::errc_t portable = condition::success;  // the portable condition it is equal to, if there is one
};

constexpr std::array entries{
    entry{errc::overloaded, "the queue is full", condition::resource_unavailable_try_again},
    entry{errc::stopping, "the database is stopping"},
    entry{errc::deadline_exceeded, "the deadline passed", condition::timed_out},
    entry{errc::cancelled, "the caller cancelled", condition::operation_canceled},
    entry{errc::budget_exceeded, "the read outgrew its budget"},
    entry{errc::snapshot_too_old, "the snapshot was held until the WAL reached its hard cap",
          condition::resource_unavailable_try_again},
    entry{errc::outcome_unknown, "the commit failed in fsync, its outcome is unknown"},
    entry{errc::writer_poisoned, "an earlier commit failed in fsync, no write is accepted before a restart"},
    entry{errc::work_threw, "the work threw an exception"},
    entry{errc::not_a_read, "SQL that may write was handed to a read session"},
    entry{errc::statement_left_open, "the work kept a statement beyond its call"},
    entry{errc::wrong_parameters, "the number of values differs from the number of parameters",
          condition::invalid_argument},
    entry{errc::invalid_option, "an option is outside its range", condition::invalid_argument},
    entry{errc::no_directory, "the directory of the database does not exist", condition::no_such_file_or_directory},
    entry{errc::read_only_file, "the database file may not be written", condition::permission_denied},
    entry{errc::not_a_database, "the file is not a SQLite database"},
    entry{errc::database_in_use, "the database is served by another process", condition::device_or_resource_busy},
    entry{errc::network_filesystem, "network file systems cannot hold a WAL database", condition::not_supported},
    entry{errc::profile_mismatch, "a connection does not read back what was set"},
    entry{errc::migration_changed, "an applied migration was changed"},
    entry{errc::newer_database, "the database was migrated by a newer program"},
    entry{errc::would_deadlock, "the call would wait for the thread that makes it",
          condition::resource_deadlock_would_occur},
    entry{errc::forked, "the process was forked after the database was opened"},
    entry{errc::wrong_type, "the value does not have the type that was asked for", condition::invalid_argument},
    entry{errc::hard_linked, "the database file has more than one name (hard link)", condition::too_many_links},
    entry{errc::file_replaced, "the path no longer names the database file that was opened"},
    entry{errc::not_a_carrel_database, "the file is a SQLite database of another program"},
    entry{errc::unsafe_sqlite, "the SQLite library cannot be used by several threads", condition::not_supported},
    entry{errc::query_cancelled, "the query was cancelled by its id", condition::operation_canceled},
};

const entry* find(int code) noexcept {
    for (const auto& one : entries)
        if (static_cast<int>(one.value) == code) return &one;
    return nullptr;
}

class own_category final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "carrel"; }
    std::string message(int code) const override {
        const auto* one = find(code);
        return one != nullptr ? one->text : "unknown carrel error";
    }
    boost::system::error_condition default_error_condition(int code) const noexcept override {
        const auto* one = find(code);
        if (one == nullptr || one->portable == condition::success) return {code, *this};
        return condition::make_error_condition(one->portable);
    }
};

class sqlite_error_category final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "sqlite"; }
    std::string message(int code) const override { return sqlite3_errstr(code); }
    boost::system::error_condition default_error_condition(int code) const noexcept override {
        switch (code & 0xff) {
            case SQLITE_NOMEM: return condition::make_error_condition(condition::not_enough_memory);
            case SQLITE_FULL: return condition::make_error_condition(condition::no_space_on_device);
            case SQLITE_IOERR: return condition::make_error_condition(condition::io_error);
            case SQLITE_INTERRUPT: return condition::make_error_condition(condition::operation_canceled);
            case SQLITE_BUSY: return condition::make_error_condition(condition::device_or_resource_busy);
            default: return {code, *this};
        }
    }
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
