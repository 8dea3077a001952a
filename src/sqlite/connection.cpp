#include "sqlite/connection.hpp"

#include "sqlite/failure_code.hpp"
#include "sqlite/long_work.hpp"

#include <carrel/detail/work.hpp>

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <new>

namespace carrel::sqlite {
namespace {

// How many virtual machine steps pass between two looks at the clock: some tens of microseconds.
constexpr int progress_steps = 1'000;

bool starts_with(const char* text, const char* prefix) {
    return text != nullptr && sqlite3_strnicmp(text, prefix, static_cast<int>(std::strlen(prefix))) == 0;
}

bool is_any_of(const char* name, std::initializer_list<const char*> names) {
    return std::any_of(names.begin(), names.end(), [&](const char* each) { return sqlite3_stricmp(name, each) == 0; });
}

// FTS5 asks for its change counter, FTS4 and R-Tree for the page size, on either kind of connection and through the
// caller's own authorizer. The others tell how much of the file is free.
bool is_harmless_pragma(const char* name, const char* argument) {
    return argument == nullptr &&
           is_any_of(name, {"data_version", "page_size", "page_count", "freelist_count", "auto_vacuum"});
}

// Whether nothing but white space, semicolons and comments follows a statement.
bool is_blank(std::string_view rest) {
    while (!rest.empty()) {
        if (rest.starts_with("--")) {
            const auto end = rest.find('\n');
            rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
        } else if (rest.starts_with("/*")) {
            const auto end = rest.find("*/", 2);
            rest.remove_prefix(end == rest.npos ? rest.size() : end + 2);
        } else if (std::string_view(" \t\r\n\f;").find(rest.front()) != rest.npos) {
            rest.remove_prefix(1);
        } else {
            return false;
        }
    }
    return true;
}

error misuse(const char* what, const std::string& sql) {
    return {make_error_code(static_cast<sqlite_errc>(SQLITE_MISUSE)), what + sql};
}

}  // namespace

result<std::unique_ptr<connection>> connection::open(const std::string& path, const profile& wanted,
                                                     std::atomic<std::uint64_t>& busy_seen) {
    const int access = wanted.role == role::writer ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
    sqlite3* db = nullptr;
    const int rc = sqlite3_open_v2(
        path.c_str(), &db, access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE, nullptr);
    struct close_handle {
        void operator()(sqlite3* one) const noexcept { sqlite3_close_v2(one); }
    };
    std::unique_ptr<sqlite3, close_handle> handle(db);
    std::unique_ptr<connection> opened(new connection(db, wanted, busy_seen));
    (void)handle.release();  // the connection's from now on
    if (rc != SQLITE_OK) return opened->failure(rc);
    if (auto ready = opened->set_up(); !ready) return ready.error();
    return opened;
}

connection::connection(sqlite3* db, const profile& wanted, std::atomic<std::uint64_t>& busy_seen)
    : db_(db),
      profile_(wanted),
      busy_seen_(busy_seen),
      statements_(wanted.statement_cache),
      meter_(wanted.queries, wanted.slow_statement_time),
      durability_(wanted.default_durability) {}

connection::~connection() {
    job_savepoint_.reset();
    blobs_.reclaim();
    statements_.clear();
    savepoints_.clear();
    for (auto* slot : {&begin_, &commit_, &rollback_, &record_commit_}) slot->reset();
    sqlite3_close_v2(db_);
}

result<void> connection::set_up() {
    // A reader that opens a file in WAL mode needs the writer's -shm; a writer's first access runs recovery if it must.
    if (auto applied = apply_profile(db_, profile_, host_failures_); !applied) return applied.error();
    auto page_bytes = trusted_integer("PRAGMA page_size");
    if (!page_bytes) return page_bytes.error();
    page_bytes_ = static_cast<std::size_t>(*page_bytes);
    if (auto ready = prepare_control(rollback_, "ROLLBACK"); !ready) return ready;
    if (profile_.role == role::writer) {
        if (auto ready = prepare_control(commit_, "COMMIT"); !ready) return ready;
        if (auto ready = prepare_savepoints(1); !ready) return ready;
    }
    restore_authorizer();
    restore_progress_handler();
    if (profile_.role == role::writer) sqlite3_wal_hook(db_, &connection::on_wal, this);
    return {};
}

// -- transactions ---

result<void> connection::prepare_control(own_statement& slot, const char* sql) noexcept {
    if (slot) return {};
    own_statement fresh(new (std::nothrow) cached_statement());
    if (!fresh) return error(make_error_code(sqlite_errc::nomem));
    const int rc = sqlite3_prepare_v3(db_, sql, -1, SQLITE_PREPARE_PERSISTENT, &fresh->handle, nullptr);
    if (rc != SQLITE_OK) return failure(rc);
    slot = std::move(fresh);
    return {};
}

result<void> connection::control(own_statement& slot, const char* sql, std::int64_t bound) noexcept {
    trusted_scope trusted(*this);
    if (auto ready = prepare_control(slot, sql); !ready) return ready;
    if (sqlite3_bind_parameter_count(slot->handle) > 0) sqlite3_bind_int64(slot->handle, 1, bound);
    const int rc = count_busy(sqlite3_step(slot->handle));
    if (rc == SQLITE_DONE || rc == SQLITE_ROW) {
        sqlite3_reset(slot->handle);
        return {};
    }
    auto failed = failure(rc);
    sqlite3_reset(slot->handle);
    return failed;
}

result<void> connection::begin() noexcept {
    depth_ = 0;
    return control(begin_, profile_.role == role::writer ? "BEGIN IMMEDIATE" : "BEGIN");
}
result<void> connection::commit() noexcept { return control(commit_, "COMMIT"); }

bool connection::rollback() noexcept {
    // Prepared when the connection was set up, for who rolls back may be out of memory; again, if that was not enough.
    constexpr int attempts_max = 3;
    for (int i = 0; in_transaction() && i < attempts_max; ++i) (void)control(rollback_, "ROLLBACK");
    return !in_transaction();
}

bool connection::in_transaction() const noexcept { return sqlite3_get_autocommit(db_) == 0; }

void connection::interrupt() noexcept { sqlite3_interrupt(db_); }

// -- jobs ---

void connection::begin_job() noexcept {
    // Both would otherwise show what a neighbour left.
    sqlite3_set_last_insert_rowid(db_, 0);
    changes_before_job_ = sqlite3_total_changes64(db_);
    tripped_fingerprint_ = 0;
    cost_key_ = 0;
    has_written_ = false;
    has_lost_value_ = false;
    if (sqlite3_errcode(db_) == SQLITE_NOMEM) sqlite3_exec(db_, "", nullptr, nullptr, nullptr);  // a neighbour's
}

// Values of which no statement is known, such as those that are handed on as they are, leave their trace on the connection.
bool connection::has_lost_value() const noexcept { return has_lost_value_ || sqlite3_errcode(db_) == SQLITE_NOMEM; }

std::int64_t connection::job_changes() const noexcept { return sqlite3_total_changes64(db_) - changes_before_job_; }
std::int64_t connection::job_last_insert_rowid() const noexcept { return sqlite3_last_insert_rowid(db_); }

bool connection::has_deferred_violation() const noexcept {
    int current = 0;
    int high = 0;
    sqlite3_db_status(db_, SQLITE_DBSTATUS_DEFERRED_FKS, &current, &high, 0);
    return current != 0;
}

result<statement> connection::prepare(std::string_view sql, bool must_read) {
    if (watch_.is_cancelled_between()) return error(*watch_.tripped());
    auto* entry = statements_.borrow(sql);
    if (entry == nullptr) {
        auto fresh = prepare_new(sql, must_read);
        if (!fresh) return fresh.error();
        entry = *fresh;
    }
    statement prepared(*this, *entry);
    if (must_read && !entry->reads_only) return error(errc::not_a_read, entry->sql);
    if (cost_key_ == 0)
        if (auto allowed = refuse_if_deep(entry->fingerprint); !allowed) return allowed.error();
    return prepared;
}

result<void> connection::refuse_if_deep(std::uint64_t fingerprint) noexcept {
    if (!is_deep_ || !is_deep_(fingerprint)) return {};
    tripped_fingerprint_ = fingerprint;
    watch_.trip(errc::budget_exceeded);
    return error(errc::budget_exceeded);
}

result<void> connection::expect_cost(std::uint64_t key) noexcept {
    cost_key_ = key;
    return key != 0 ? refuse_if_deep(key) : result<void>();
}

result<cached_statement*> connection::prepare_new(std::string_view sql, bool must_read) {
    auto fresh = std::make_unique<cached_statement>();
    fresh->sql = sql;
    denied_write_ = false;
    const char* tail = nullptr;
    const int rc = count_busy(sqlite3_prepare_v3(db_, fresh->sql.data(), static_cast<int>(fresh->sql.size()),
                                                 SQLITE_PREPARE_PERSISTENT, &fresh->handle, &tail));
    if (rc != SQLITE_OK) return prepare_failure(rc, must_read, fresh->sql);
    if (fresh->handle == nullptr) return misuse("no statement in: ", fresh->sql);
    if (!is_blank({tail, static_cast<std::size_t>(fresh->sql.data() + fresh->sql.size() - tail)}))
        return misuse("more than one statement in: ", fresh->sql);
    fresh->fingerprint = fingerprint_of(sql) & ~long_work;
    if (profile_.queries != nullptr) {
        fresh->record = profile_.queries->record_of(sql);
        fresh->key = fresh->record->key;
    }
    fresh->reads_only = sqlite3_stmt_readonly(fresh->handle) != 0;
    return statements_.insert(std::move(fresh));
}

error connection::prepare_failure(int rc, bool must_read, const std::string& sql) {
    if (must_read && denied_write_ && (rc & 0xff) == SQLITE_AUTH) return {errc::not_a_read, sql};
    return failure(rc);
}

// -- durability and WAL ---

result<void> connection::record_commit(std::uint64_t sequence) noexcept {
    return control(record_commit_, "UPDATE carrel_commit SET sequence = ?1", static_cast<std::int64_t>(sequence));
}

result<void> connection::set_durability(durability wanted) {
    if (wanted == durability_) return {};
    if (auto set = run_trusted(wanted == durability::full ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
        !set)
        return set;
    durability_ = wanted;
    return {};
}

result<checkpoint_report> connection::checkpoint(checkpoint_mode mode) noexcept {
    checkpoint_report report;
    const bool truncates = mode == checkpoint_mode::truncate;
    // Every mode but PASSIVE would wait for readers in the busy handler, and the writer waits for nobody.
    if (truncates) sqlite3_busy_timeout(db_, 0);
    const int rc =
        sqlite3_wal_checkpoint_v2(db_, "main", truncates ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE,
                                  &report.log_frames, &report.checkpointed_frames);
    if (truncates) sqlite3_busy_timeout(db_, static_cast<int>(profile_.busy_timeout.count()));
    if (rc != SQLITE_OK && rc != SQLITE_BUSY) return failure(rc);
    if (report.log_frames >= 0) wal_frames_ = report.complete() ? 0 : report.log_frames;
    return report;
}

result<std::array<unsigned char, 100>> connection::file_header() noexcept {
    std::array<unsigned char, 100> header{};
    sqlite3_file* file = nullptr;
    int rc = sqlite3_file_control(db_, "main", SQLITE_FCNTL_FILE_POINTER, &file);
    if (rc == SQLITE_OK) rc = file->pMethods->xRead(file, header.data(), static_cast<int>(header.size()), 0);
    if (rc != SQLITE_OK && rc != SQLITE_IOERR_SHORT_READ) return failure(rc);
    return header;
}

int connection::on_wal(void* self, sqlite3*, const char*, int frames) {
    static_cast<connection*>(self)->wal_frames_ = frames;
    return SQLITE_OK;
}

// VACUUM builds the new file in an attached one, and writes it back in one transaction. That may spill: nothing of it is
// rolled back and then committed. Everything is as before, and read back, when it returns.
result<void> connection::vacuum() {
    sqlite3_limit(db_, SQLITE_LIMIT_ATTACHED, 1);
    auto done = run_trusted("PRAGMA cache_spill=ON");
    if (done) done = run_trusted("VACUUM");
    auto restored = run_trusted("PRAGMA cache_spill=OFF");
    sqlite3_limit(db_, SQLITE_LIMIT_ATTACHED, 0);
    if (!restored) return error(errc::profile_mismatch, restored.error().message());
    const auto spill = trusted_integer("PRAGMA cache_spill");
    if (!spill || *spill != 0) return error(errc::profile_mismatch, "cache_spill could not be switched off again");
    return done;
}

const char* connection::path() const noexcept { return sqlite3_db_filename(db_, "main"); }

// -- errors ---

int connection::count_busy(int rc) noexcept {
    if ((rc & 0xff) == SQLITE_BUSY || (rc & 0xff) == SQLITE_LOCKED) busy_seen_.fetch_add(1, std::memory_order_relaxed);
    return rc;
}

// The code decides what becomes of a commit, so it must not be lost for want of memory for its text.
error connection::failure(int rc) const noexcept {
    if (db_ == nullptr) return detail::error_with(make_error_code(static_cast<sqlite_errc>(rc)), sqlite3_errstr(rc));
    const int code = failure_code(db_, rc);
    return detail::error_with(make_error_code(static_cast<sqlite_errc>(code)),
                              code == SQLITE_FULL ? sqlite3_errstr(code) : sqlite3_errmsg(db_));
}

error connection::step_failure(int rc, const cached_statement& entry) {
    // Tested again: another thread may have ended a step that did not look.
    if ((rc & 0xff) == SQLITE_INTERRUPT && (watch_.tripped() || watch_.must_end())) {
        tripped_fingerprint_ = cost_key_ != 0 ? cost_key_ : entry.fingerprint;
        return *watch_.tripped();
    }
    return failure(rc);
}

// -- what SQL may do ---

void connection::restore_authorizer() noexcept { sqlite3_set_authorizer(db_, &connection::authorize, this); }

void connection::restore_progress_handler() noexcept {
    sqlite3_progress_handler(db_, progress_steps, &connection::on_progress, this);
}

int connection::on_progress(void* self) {
    auto& owner = *static_cast<connection*>(self);
    owner.meter_.look();
    return owner.watch_.must_end() ? 1 : 0;
}

int connection::authorize(void* self, int action, const char* a, const char* b, const char*, const char*) {
    auto& owner = *static_cast<connection*>(self);
    return owner.trusted_ ? SQLITE_OK : owner.decide(action, a, b);
}

int connection::decide(int action, const char* a, const char* b) {
    switch (action) {
        case SQLITE_SELECT:
        case SQLITE_READ:
        case SQLITE_RECURSIVE: return SQLITE_OK;
        case SQLITE_FUNCTION:
            return starts_with(b, "fts3_tokenizer") || starts_with(b, "load_extension") ? SQLITE_DENY : SQLITE_OK;
        case SQLITE_PRAGMA:
            if (is_harmless_pragma(a, b)) return SQLITE_OK;
            // Moves pages within the job's transaction, as any other statement.
            return profile_.role == role::writer && is_any_of(a, {"incremental_vacuum"}) ? SQLITE_OK : SQLITE_DENY;
        case SQLITE_TRANSACTION:
        case SQLITE_SAVEPOINT:  // the transaction is the actor's
        case SQLITE_ATTACH:     // also VACUUM and VACUUM INTO
        case SQLITE_DETACH:
        case SQLITE_CREATE_TEMP_INDEX:
        case SQLITE_CREATE_TEMP_TABLE:
        case SQLITE_CREATE_TEMP_TRIGGER:
        case SQLITE_CREATE_TEMP_VIEW: return SQLITE_DENY;
        case SQLITE_UPDATE:
        case SQLITE_INSERT:
        case SQLITE_DELETE:
            // On a reader too: a virtual table prepares the writes of its own tables when it is first used (R-Tree all of
            // them, FTS5 and json_each the declaration of their columns). None can run there: `prepare` refuses what is
            // not a read, the file is open for reading only, and DEFENSIVE guards the schema and the shadow tables.
            return starts_with(a, "carrel_") ? SQLITE_DENY : SQLITE_OK;  // carrel's own bookkeeping
        case SQLITE_DROP_TABLE:
        case SQLITE_ALTER_TABLE:
            if (starts_with(action == SQLITE_DROP_TABLE ? a : b, "carrel_")) return SQLITE_DENY;
            [[fallthrough]];
        default:
            if (profile_.role == role::writer) return SQLITE_OK;
            denied_write_ = true;
            return SQLITE_DENY;
    }
}

}  // namespace carrel::sqlite
