#pragma once

#include <carrel/as_result.hpp>
#include <carrel/backup_options.hpp>
#include <carrel/detail/initiate.hpp>
#include <carrel/export.hpp>
#include <carrel/job_options.hpp>
#include <carrel/options.hpp>
#include <carrel/queries.hpp>
#include <carrel/session.hpp>
#include <carrel/stats.hpp>
#include <carrel/work.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace carrel {

/// What becomes of the reads that were accepted when a database stops.
enum class stop_mode {
    finish,        ///< They run.
    cancel_reads,  ///< They complete with `errc::cancelled`; running ones are interrupted. Mutations are finished.
};

/// Handle to one SQLite file served by one writer actor and many reader actors.
///
/// Threads: the handle is safe to use from any thread. Moving or ending it is not, as for any object.
/// Lifetimes: its end stops intake, finishes what was accepted and joins the actors; on an actor's own thread (inside a
/// work) it hands that to a thread of its own and returns. The last `shard` must be gone before. Execution contexts that
/// handlers run on must outlive it (or its `stop`): an actor may still be inside its post to a context whose `run` has
/// returned. So may what `async_stop` started when its handler runs; the end of the handle waits for that, too.
/// Fork: in a child process every operation fails with `errc::forked`, and the handle touches neither file nor lock.
///
/// Every asynchronous operation completes once, with an Asio signature: an error code first, then the value. What the
/// code does not say is in `job_options::diagnostics`; `as_result(token)` yields both as one `result<T>`.
class CARREL_API database {
public:
    using executor_type = boost::asio::any_io_executor;

    /// Opens or creates the file, applies the SQLite profile and reads it back, migrates, and starts the actors.
    /// On failure nothing new is left on disk. Blocks; call it before the event loop runs.
    /// Errors: those that `errc` lists from `invalid_option` on, SQLite's codes, the system's.
    static result<database> open(options settings);

    database(database&&) noexcept = default;
    /// Stops what it held before it takes over.
    database& operator=(database&& other) noexcept;
    /// As `stop`.
    ~database();

    /// Where handlers without an associated executor run: `options::completion_executor` or a thread of the engine's own.
    executor_type get_executor() const noexcept;

    /// Runs `work` on a reader inside a snapshot and completes with what it returned.
    ///
    /// The snapshot is begun after the job left the queue, so it holds every write acknowledged before this call. On a
    /// thread that runs a `shard`'s context the read runs on that thread once its turn ends, under
    /// `options::read_budget`; elsewhere on a background reader.
    ///
    /// Work            `result<T>(read_session&) const`; may be run again from the start. T is not a view.
    /// Signature       `void(error_code, T)`, or `void(error_code)` for `result<void>`. T is default-constructible.
    /// Runs on         the handler on its associated executor; without one, on the shard's context if called on its
    ///                 thread, else on `get_executor()`. Never inside this call.
    /// Lifetimes       work is moved in and destroyed on the reader's thread before the handler runs. The operation shares
    ///                 the engine: `*this` may end before a deferred operation is started, which then completes with
    ///                 `stopping`.
    /// Threads         safe from any thread at any time, also during `stop`.
    /// Cancellation    any type: a waiting job completes with `errc::cancelled` at once, a running one is interrupted.
    /// Deadline        holds while the job waits and while it runs.
    /// Errors          `overloaded` (also when the queue cannot be served before the deadline), `stopping`,
    ///                 `deadline_exceeded`, `cancelled`, `work_threw`, `snapshot_too_old`, `would_deadlock` (`use_future`
    ///                 on a thread that this read needs), `forked`, whatever work returned, SQLite's codes.
    /// Exceptions      `std::bad_alloc` and what moving `work` throws; nothing has happened then.
    ///
    /// g++ 12 destroys a capturing lambda twice that is written in one full expression with `co_await` (PR 107288): name
    /// it first and move it in, or bind its arguments with `work(function, arguments...)`.
    template <class Work, detail::read_token<Work> Token>
    auto async_read(Work work, job_options per_job, Token&& token) {
        using signature = detail::read_signature<Work>;
        return boost::asio::async_initiate<Token, signature>(detail::initiate_read{engine_}, token, std::move(work),
                                                             per_job, detail::waits_on_thread<Token>);
    }
    template <class Work, detail::read_token<Work> Token>
    auto async_read(Work work, Token&& token) {
        return async_read(std::move(work), job_options(), std::forward<Token>(token));
    }

    /// Runs `work` on the writer, isolated from its batch, and completes with what it returned.
    ///
    /// Success means that the transaction that holds this job has been committed; with `durability::full` it is also on
    /// stable storage. A job that changed nothing completes with the sequence of the last commit, 0 in a new file. An error
    /// means that the work left no trace, `outcome_unknown` excepted. Jobs of one `priority` run in the order in which they
    /// were accepted.
    ///
    /// Work            `result<T>(write_session&) const`; may be run again from the start if a neighbour rolled back the
    ///                 batch. T is not a view.
    /// Signature       `void(error_code, committed<T>)`.
    /// Runs on         as `async_read`.
    /// Threads         safe from any thread at any time, also during `stop`.
    /// Cancellation    any type: a waiting job completes with `errc::cancelled` at once; a running one when its next
    ///                 statement begins, and is undone. A statement is never broken off, for that would undo the batch.
    /// Deadline        holds while the job waits and while it runs. One that passes inside a statement undoes the batch,
    ///                 whose other jobs are run again. A single step of SQLite's looks at no deadline.
    /// Errors          as `async_read` (but `snapshot_too_old`), `outcome_unknown`, `writer_poisoned`, `file_replaced`.
    template <class Work, detail::write_token<Work> Token>
    auto async_write(Work work, job_options per_job, Token&& token) {
        using signature = detail::write_signature<Work>;
        return boost::asio::async_initiate<Token, signature>(detail::initiate_write{engine_}, token, std::move(work),
                                                             per_job, detail::waits_on_thread<Token>);
    }
    template <class Work, detail::write_token<Work> Token>
    auto async_write(Work work, Token&& token) {
        return async_write(std::move(work), job_options(), std::forward<Token>(token));
    }

    /// As `async_read` and `async_write`, waiting on the calling thread. Not on a thread that runs a shard's context, nor
    /// inside a work: `errc::would_deadlock`.
    template <class Work>
    result<detail::read_value_t<Work>> read(Work work, job_options per_job = {}) {
        return detail::read_and_wait(*engine_, std::move(work), per_job);
    }
    template <class Work>
    result<committed<detail::write_value_t<Work>>> write(Work work, job_options per_job = {}) {
        return detail::write_and_wait(*engine_, std::move(work), per_job);
    }

    /// Completes when the writer's queue has room again after it refused a job: what a producer waits for. Signature
    /// `void(error_code)`; `stopping` if it stops before. Room may be gone again when the handler runs.
    template <detail::plain_token Token>
    auto async_ready(Token&& token) {
        return boost::asio::async_initiate<Token, void(error_code)>(detail::initiate_ready{engine_}, token,
                                                                    detail::waits_on_thread<Token>);
    }

    /// Checkpoints between two batches: copies what the readers' snapshots allow from the WAL into the file. Signature
    /// `void(error_code, checkpoint_report)`.
    template <detail::value_token<checkpoint_report> Token>
    auto async_checkpoint(Token&& token) {
        return boost::asio::async_initiate<Token, void(error_code, checkpoint_report)>(
            detail::initiate_maintenance{engine_, detail::maintenance::checkpoint}, token,
            detail::waits_on_thread<Token>);
    }

    /// Rebuilds the file without its free pages (VACUUM), between two batches. Mutations wait meanwhile, reads do not; it
    /// needs as much room on the disk again, and the WAL grows by the whole file. Signature as `async_checkpoint`.
    template <detail::value_token<checkpoint_report> Token>
    auto async_vacuum(Token&& token) {
        return boost::asio::async_initiate<Token, void(error_code, checkpoint_report)>(
            detail::initiate_maintenance{engine_, detail::maintenance::vacuum}, token, detail::waits_on_thread<Token>);
    }

    /// Copies the database as one commit left it to a new file `target`, on a background reader, while everybody else goes on.
    /// It holds no snapshot, however long it takes: what is written meanwhile is copied after it, until little enough is left.
    /// The file appears under its name when it is complete, checked and on stable storage; nothing is left if it fails. It
    /// holds every write that was acknowledged before this call. Has no deadline; can be cancelled. Of several one runs at a
    /// time. Signature `void(error_code, backup_report)`. Errors: the system's if `target` exists or cannot be written,
    /// `overloaded` if `target` takes pages more slowly than they change, `writer_poisoned`, those of `async_read`.
    template <detail::value_token<backup_report> Token>
    auto async_backup(std::string target, backup_options wanted, Token&& token) {
        return boost::asio::async_initiate<Token, void(error_code, backup_report)>(
            detail::initiate_backup{engine_}, token, std::move(target), std::move(wanted),
            detail::waits_on_thread<Token>);
    }
    template <detail::value_token<backup_report> Token>
    auto async_backup(std::string target, Token&& token) {
        return async_backup(std::move(target), backup_options(), std::forward<Token>(token));
    }

    /// Stops: refuses new jobs, finishes accepted ones, closes readers, checkpoints, closes the writer, joins.
    /// Signature `void(error_code)`: that of the last checkpoint, or `outcome_unknown` if the writer was poisoned. May be
    /// called more than once; each call completes.
    template <detail::plain_token Token>
    auto async_stop(stop_mode mode, Token&& token) {
        return boost::asio::async_initiate<Token, void(error_code)>(detail::initiate_stop{engine_}, token, mode,
                                                                    detail::waits_on_thread<Token>);
    }
    template <detail::plain_token Token>
    auto async_stop(Token&& token) {
        return async_stop(stop_mode::finish, std::forward<Token>(token));
    }
    /// As `async_stop`, waiting on the calling thread. Not inside a work, nor on a shard's thread while it has work under
    /// way, nor on the only thread of `options::writer_executor`.
    result<void> stop(stop_mode mode = stop_mode::finish);

    /// All counters. Safe at any time; never waits for an actor.
    database_stats stats() const;

    /// What runs at this moment, the longest first. Safe at any time; waits for no actor. May throw `std::bad_alloc`, as the
    /// next but one.
    std::vector<running_query> running_queries() const;
    /// Ends one run: a read while its statement runs, a mutation when its next statement begins, since breaking one off would
    /// undo its neighbours too. Its caller gets `errc::query_cancelled`, unless it had done its work by then. False if that
    /// run is over. Safe at any time; waits for no actor.
    bool cancel_query(std::uint64_t id) noexcept;
    /// What each statement came to since the database was opened. At most 1,000 are kept: for a new one the cheapest goes
    /// that no connection has prepared, and if all are in use it counts as `(other statements)`.
    std::vector<query_stats> queries() const;

    /// How long an overloaded caller should stay away, from the age of the queues. At least 1 s.
    std::chrono::seconds retry_after() const noexcept;

private:
    friend class shard;
    friend const std::shared_ptr<detail::engine>& detail::engine_of(const database&) noexcept;
    explicit database(std::shared_ptr<detail::engine> engine) noexcept
        : engine_(std::move(engine)) {}
    std::shared_ptr<detail::engine> engine_;
};

namespace detail {

inline const std::shared_ptr<engine>& engine_of(const database& one) noexcept { return one.engine_; }

}  // namespace detail
}  // namespace carrel

#include <carrel/shard.hpp>
