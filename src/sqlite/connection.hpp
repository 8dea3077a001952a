#pragma once

#include "sqlite/blob.hpp"
#include "sqlite/profile.hpp"
#include "sqlite/query_meter.hpp"
#include "sqlite/statement_cache.hpp"
#include "sqlite/watch.hpp"

#include <carrel/detail/savepoint.hpp>
#include <carrel/error.hpp>
#include <carrel/statement.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct sqlite3;

namespace carrel::sqlite {

/// Result of a checkpoint: frames in the WAL and how many of them are in the database file.
struct checkpoint_report {
    int log_frames = 0;
    int checkpointed_frames = 0;
    bool complete() const noexcept { return log_frames == checkpointed_frames; }
};

enum class checkpoint_mode { passive, truncate };

/// One SQLite connection with the settings of its `profile`. Used by one thread at a time.
class connection {
public:
    /// Opens, sets the profile and reads it back. `busy_seen` counts BUSY and LOCKED results; it must outlive the connection.
    static result<std::unique_ptr<connection>> open(const std::string& path, const profile& wanted,
                                                    std::atomic<std::uint64_t>& busy_seen);
    ~connection();
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    // -- transactions: the actor's, never a job's ---
    result<void> begin() noexcept;  // deferred on a reader, IMMEDIATE on the writer
    result<void> commit() noexcept;
    /// False if the transaction could not be ended, for want of memory.
    bool rollback() noexcept;
    bool in_transaction() const noexcept;
    /// A savepoint inside the ones that are open.
    result<sqlite::savepoint> open_savepoint();
    // One savepoint for the running job, kept here.
    result<void> savepoint();
    result<void> release();
    result<void> rollback_to_and_release();

    // -- one job at a time ---
    void begin_job() noexcept;
    std::int64_t job_changes() const noexcept;
    /// Whether the job left something in the transaction. A failed statement undoes itself, but for ON CONFLICT FAIL.
    bool job_has_written() const noexcept { return has_written_ || job_changes() != 0; }
    std::int64_t job_last_insert_rowid() const noexcept;
    /// Whether a deferred foreign key is violated at this moment.
    bool has_deferred_violation() const noexcept;
    /// A column or argument is there and SQLite had no memory to hand it out. That is no error of the call that asks for it, so
    /// the caller saw an empty value.
    void note_lost_value() noexcept { has_lost_value_ = true; }
    bool has_lost_value() const noexcept;
    /// Takes back statements and blob handles that the job kept; true if there were any.
    bool reclaim_statements() noexcept {
        const bool kept_blobs = blobs_.reclaim();
        return statements_.reclaim() || kept_blobs;
    }

    /// A statement for a job, from the cache.
    result<statement> prepare(std::string_view sql, bool must_read);
    /// One value of one row, to read or write in place; refused where a SELECT or an UPDATE of it is.
    result<std::shared_ptr<open_blob>> blob_at(std::string_view table, std::string_view column, std::int64_t rowid,
                                               bool writes);
    result<void> write_blob(open_blob& at, std::size_t offset, std::span<const std::byte> from);
    /// Runs SQL of carrel's own, several statements too, past the authorizer.
    result<void> run_trusted(const std::string& sql);
    /// The first column of the first row of a query of carrel's own, past the authorizer; nothing for NULL or without a row.
    result<std::optional<std::string>> trusted_text(const std::string& sql);
    /// The same of a query that always has a row, which begins with an integer.
    result<std::int64_t> trusted_integer(const std::string& sql);
    /// Records `sequence` as the last commit, inside the running transaction.
    result<void> record_commit(std::uint64_t sequence) noexcept;

    // -- deep statements: only on a resident reader ---
    using deep_test = std::function<bool(std::uint64_t fingerprint)>;
    void refuse_deep(deep_test is_deep) { is_deep_ = std::move(is_deep); }
    std::uint64_t tripped_fingerprint() const noexcept { return tripped_fingerprint_; }
    /// From here to the end of the job `key` stands for what it costs, not the statements that it runs.
    result<void> expect_cost(std::uint64_t key) noexcept;
    /// The job was ended between two statements.
    void note_tripped() noexcept { tripped_fingerprint_ = cost_key_; }

    // -- durability and WAL: only on the writer ---
    result<void> set_durability(durability wanted);
    int wal_frames() const noexcept { return wal_frames_; }
    result<checkpoint_report> checkpoint(checkpoint_mode mode) noexcept;
    std::size_t page_bytes() const noexcept { return page_bytes_; }
    /// How the database file begins, without what the WAL holds; zeros in an empty file.
    result<std::array<unsigned char, 100>> file_header() noexcept;
    /// Rebuilds the file without its free pages. Outside any transaction. After `profile_mismatch` the connection must not
    /// write any more.
    result<void> vacuum();

    /// Ends what runs now with SQLITE_INTERRUPT, from any thread; the connection must not be closed meanwhile.
    void interrupt() noexcept;

    /// The sequence that the running transaction will have; kept here so that sessions can see it.
    std::uint64_t commit_sequence = 0;

    /// Whether others wait and the job has had its slice: see `write_session::should_yield`.
    bool should_yield() const noexcept {
        return waiting_ != nullptr && waiting_->load(std::memory_order_relaxed) > 0 &&
               std::chrono::steady_clock::now() >= slice_end_;
    }
    /// How many wait for the writer; must outlive the connection's use.
    void yields_to(const std::atomic<std::size_t>& waiting) noexcept { waiting_ = &waiting; }
    void yields_after(std::chrono::steady_clock::time_point slice_end) noexcept { slice_end_ = slice_end; }

    /// What runs here, for others to see and to count. See `explain_query` of the plan.
    query_meter& meter() noexcept { return meter_; }
    result<std::string> explain(std::uint64_t key);
    /// Reports the job that has just run, if it was slow. Before its origin ends.
    void report_slow(error_code ended) noexcept;

    /// Of the database file, as SQLite resolved it.
    const char* path() const noexcept;
    watch& watching() noexcept { return watch_; }
    sqlite3* handle() noexcept { return db_; }
    /// Installs the authorizer of jobs again, for those who put another one in its place.
    void restore_authorizer() noexcept;
    /// The same of the progress handler.
    void restore_progress_handler() noexcept;
    /// What a collation of the host's has thrown since the last look.
    std::optional<error> take_host_failure() {
        return host_failures_.any() ? std::optional(host_failures_.take()) : std::nullopt;
    }
    /// An error for SQLite's result code, with its message.
    error failure(int rc) const noexcept;

private:
    friend class carrel::statement;
    friend class sqlite::savepoint;
    friend struct open_blob;

    // Lets SQL of carrel's own past the authorizer, which is called again whenever SQLite prepares anew inside step.
    struct trusted_scope {
        explicit trusted_scope(connection& c)
            : owner(c) {
            owner.trusted_ = true;
        }
        ~trusted_scope() { owner.trusted_ = false; }
        connection& owner;
    };

    connection(sqlite3* db, const profile& wanted, std::atomic<std::uint64_t>& busy_seen);
    result<void> set_up();
    using own_statement = std::unique_ptr<cached_statement>;
    result<void> prepare_control(own_statement& slot, const char* sql) noexcept;
    /// Runs a control statement; `sql` may be null for one that is prepared already.
    result<void> control(own_statement& slot, const char* sql = nullptr, std::int64_t bound = 0) noexcept;
    struct savepoint_statements {
        own_statement open, release, rollback_to;
        std::uint64_t serial = 0;  // of the savepoint that is or was last open at this depth
    };
    result<void> prepare_savepoints(std::size_t depth);
    result<void> close_savepoint(int depth, bool keep) noexcept;
    result<void> refuse_if_deep(std::uint64_t fingerprint) noexcept;
    result<cached_statement*> prepare_new(std::string_view sql, bool must_read);
    error prepare_failure(int rc, bool must_read, const std::string& sql);
    int count_busy(int rc) noexcept;
    error step_failure(int rc, const cached_statement& entry);

    int decide(int action, const char* a, const char* b);
    static int authorize(void* self, int action, const char* a, const char* b, const char* database,
                         const char* trigger);
    static int on_progress(void* self);
    static int on_wal(void* self, sqlite3* db, const char* name, int frames);

    sqlite3* db_;
    profile profile_;
    std::atomic<std::uint64_t>& busy_seen_;
    statement_cache statements_;
    query_meter meter_;
    watch watch_;
    deep_test is_deep_;
    host_failures host_failures_;
    blob_list blobs_;
    own_statement begin_, commit_, rollback_, record_commit_;
    std::vector<savepoint_statements> savepoints_;  // by depth
    int depth_ = 0;                                 // savepoints open in the running transaction
    std::uint64_t savepoints_opened_ = 0;
    std::optional<sqlite::savepoint> job_savepoint_;
    std::int64_t changes_before_job_ = 0;
    bool has_written_ = false;  // a statement that may write has succeeded; changes are not counted for each kind
    bool has_lost_value_ = false;
    std::uint64_t tripped_fingerprint_ = 0;
    std::uint64_t cost_key_ = 0;                         // 0: none was given
    const std::atomic<std::size_t>* waiting_ = nullptr;  // only on the writer
    std::chrono::steady_clock::time_point slice_end_;
    std::size_t page_bytes_ = 4096;
    int wal_frames_ = 0;
    durability durability_ = durability::full;
    bool trusted_ = false;       // carrel's own SQL is being prepared or stepped
    bool denied_write_ = false;  // the authorizer refused SQL because this connection only reads
};

}  // namespace carrel::sqlite
