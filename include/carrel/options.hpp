#pragma once

#include <carrel/error.hpp>
#include <carrel/export.hpp>
#include <carrel/function.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct sqlite3;

namespace carrel {

class commit_follower;

/// When a write is acknowledged. A batch is as durable as its most demanding job.
enum class durability {
    full,    ///< After fsync of the WAL: survives power loss.
    normal,  ///< After the commit: survives a crash of the process; power loss may undo it, never corrupt it.
};

/// One numbered change of the schema. Applied in one transaction together with its record; the record holds a SHA-256
/// over `sql`, and opening fails with `errc::migration_changed` if an applied migration's text differs. An error names
/// the migration, and nothing of it stays.
struct migration {
    /// `off`: foreign keys are not enforced while the migration runs, as SQLite's documented rebuild of a table needs
    /// (https://www.sqlite.org/lang_altertable.html); all of them are checked before its commit.
    enum class foreign_key_mode { on, off };

    int number = 0;  ///< From 1, without gaps.
    std::string_view name;
    /// One or more statements; must stay valid while `database::open` runs. Without BEGIN, COMMIT, ROLLBACK, SAVEPOINT,
    /// RELEASE, ATTACH, VACUUM and PRAGMAs that set something: these are refused, and so is a text with a NUL in it.
    std::string_view sql;
    foreign_key_mode foreign_keys = foreign_key_mode::on;
};

/// How the file gives pages back that are no longer used, as `PRAGMA auto_vacuum`.
enum class vacuum_mode { none, full, incremental };

/// A pure function of text that SQL may call on every connection: same arguments, same result. Takes no copy of its
/// arguments; `scalar_function` is for anything else.
struct text_function {
    const char* name = nullptr;
    int arguments = 1;  ///< -1 for any number, up to SQLite's limit.
    /// Gets the arguments as text (a NULL among them makes the result NULL without a call). The result may point into an
    /// argument or into `scratch`; nothing is NULL. Runs on actors' threads; must not throw.
    std::optional<std::string_view> (*call)(std::span<const std::string_view> arguments,
                                            std::string& scratch) = nullptr;
};

enum class connection_role { writer, reader };

/// What a host does to every connection when it opens: further functions, pragmas of its own. Called after carrel's
/// settings were applied and before they are read back, so that what it undoes makes the opening fail with
/// `errc::profile_mismatch`. A transaction that it leaves open does too. Called from actors' threads, on several at once;
/// must not keep the connection. An error or an exception makes the opening fail; the first ones fail `database::open`.
using connect_hook = std::function<result<void>(sqlite3* connection, connection_role role)>;

enum class log_level { debug, info, warning, error };

/// Receives what an operator should know (an exhaustion episode, a failed checkpoint). Called from any actor's thread;
/// must be thread-safe and must not block. Must not throw.
using log_sink = std::function<void(log_level, std::string_view)>;

struct slow_query;
/// Receives the jobs that were slow, as they end. Called from any actor's thread; must be thread-safe, not block, not throw.
using slow_query_sink = std::function<void(const slow_query&)>;

/// Settings of a database. `validate` names the first one out of range.
struct options {
    /// Path of the file, or `:memory:` for a private WAL file on tmpfs that vanishes at close. Not a URI: `file:…` is
    /// refused, `./file:…` is a file of that name. A file that another program made is refused and left as it is; files
    /// that carrel makes carry its `application_id` and `user_version`, which are not the host's to use.
    std::string path = "carrel.db";
    /// 512–65536 bytes, a power of two; absent: SQLite's own. Used when the file is made. Opening a file that was made
    /// with another value fails with `invalid_option`.
    std::optional<std::size_t> page_size = {};
    /// Absent: `none`. Used when the file is made, as `page_size`.
    std::optional<vacuum_mode> auto_vacuum = {};
    durability default_durability = durability::full;
    std::span<const migration> migrations = {};
    std::span<const text_function> functions = {};  ///< Must stay valid while the database is open.
    std::vector<scalar_function> scalar_functions = {};
    std::vector<collation> collations = {};
    connect_hook on_connect = {};  ///< May be empty.

    // Readers.
    std::size_t readers_max = 10;                         ///< 1–256, residents on shards included.
    std::size_t readers_idle = 5;                         ///< 0–256 background readers kept open when idle.
    std::chrono::milliseconds reader_lifetime{300'000};   ///< 0 = for ever; a connection is replaced between jobs.
    std::chrono::milliseconds reader_idle_time{600'000};  ///< 0 = for ever.
    std::chrono::microseconds read_budget{1'000};         ///< 50 µs–1 s; a resident hands on what takes longer.
    std::size_t read_batch_jobs_max = 64;                 ///< 1–4096 reads that share one snapshot.
    std::size_t read_queue_jobs_max = 16'384;             ///< 1–1 Mi waiting reads in all.
    std::size_t deep_reads_max = 0;                       ///< 0–256 deep reads at a time; 0 = the processors' number.
    int background_nice = 10;                             ///< 0–19; OS priority of background readers.

    // Writer.
    std::size_t batch_jobs_max = 1'024;              ///< 1–65536 jobs a commit; 1 switches group commit off.
    std::size_t batch_bytes_max = 64u << 20;         ///< 64 KiB–1 GiB of job payload a commit.
    std::chrono::milliseconds batch_time_max{50};    ///< 1 ms–10 s of running jobs before a commit.
    std::chrono::milliseconds bulk_slice{10};        ///< 1 ms–10 s that a bulk job runs before it should yield.
    std::size_t write_queue_jobs_max = 16'384;       ///< 1–1 Mi waiting mutations.
    std::size_t write_queue_bytes_max = 256u << 20;  ///< 64 KiB–16 GiB of waiting payload.

    // Deadlines. They hold for a job's waiting and running together.
    std::chrono::milliseconds deadline_default{5'000};  ///< 1 ms–deadline_max.
    std::chrono::milliseconds deadline_max{60'000};     ///< 1 ms–1 h.

    // WAL.
    std::size_t checkpoint_frames = 4'096;   ///< 1–1 Mi frames in the WAL before the writer checkpoints.
    std::size_t wal_soft_bytes = 64u << 20;  ///< Above it new background reads wait.
    /// The oldest reader is interrupted before the WAL grows beyond it. It bounds what readers keep from being reused: a
    /// single transaction is written whole, however large it is (`batch_bytes_max` bounds those of many jobs).
    std::size_t wal_hard_bytes = 192u << 20;
    /// May be null. `async_vacuum` is refused where commits are followed: it moves every page.
    std::shared_ptr<commit_follower> follower = {};

    // Connections.
    std::size_t statement_cache = 256;              ///< 8–4096 prepared statements a connection.
    std::size_t page_cache_kib = 65'536;            ///< 256 KiB–4 GiB, the writer and each resident.
    std::size_t background_cache_kib = 8'192;       ///< 256 KiB–4 GiB, each background reader: scans reuse little.
    std::chrono::milliseconds busy_timeout{5'000};  ///< 0–60 s; strangers only, carrel never waits on itself.
    std::size_t value_bytes_max = 64u << 20;        ///< 1 MiB–1 GiB; SQLITE_LIMIT_LENGTH.

    // Executors. The threads behind them must run until `stop` has returned.
    /// Where the writer's strand runs; empty: a thread of the engine's own. The writer blocks it while it commits.
    boost::asio::any_io_executor writer_executor = {};
    /// Where handlers without an associated executor run; empty: a thread of the engine's own.
    boost::asio::any_io_executor completion_executor = {};

    // Observability.
    std::chrono::milliseconds exhaustion_threshold{100};  ///< 1 ms–60 s a job waits before an episode begins.
    /// 0–60 s; 0 = never. A job that runs longer is reported when it ends, with the statement that took the longest: at
    /// most five of one statement a minute, the next one says how many more there were.
    std::chrono::milliseconds slow_statement_time{1'000};
    slow_query_sink on_slow = {};  ///< May be empty: they go to `log`.
    log_sink log = {};             ///< May be empty.

    /// Nothing, or `errc::invalid_option` whose diagnostic names the option, its value and its range.
    CARREL_API result<void> validate() const;
};

}  // namespace carrel
