#pragma once

#include <carrel/detail/job.hpp>
#include <carrel/export.hpp>
#include <carrel/options.hpp>
#include <carrel/session.hpp>
#include <carrel/stats.hpp>
#include <carrel/work.hpp>

#include <boost/asio/async_result.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <memory>
#include <optional>

namespace carrel {

namespace detail {
class engine;
CARREL_API void submit(engine& target, std::unique_ptr<read_job> job) noexcept;
CARREL_API void submit(engine& target, std::unique_ptr<write_job> job) noexcept;
CARREL_API void async_stop(const std::shared_ptr<engine>& target, std::unique_ptr<job> waiter);
CARREL_API boost::asio::any_io_executor executor_of(engine& target) noexcept;
CARREL_API void accept(engine& target, job& taken, std::optional<std::chrono::milliseconds> deadline) noexcept;
CARREL_API durability durability_of(engine& target) noexcept;
}  // namespace detail

/// What a mutation completes with: what its work returned and the commit that holds it.
template <class T>
struct committed {
    T value;
    std::uint64_t sequence = 0;  ///< Grows with every commit, also across restarts. Jobs of one commit share it.
};
template <>
struct committed<void> {
    std::uint64_t sequence = 0;
};

/// Per-job settings; what is absent is taken from `options`.
struct job_options {
    std::optional<std::chrono::milliseconds> deadline = {};  ///< From now; at most `options::deadline_max`.
    std::optional<carrel::durability> durability = {};       ///< Writes only.
    std::size_t bytes = 0;  ///< Payload held by the work, counted against the queue's bound.
};

/// Handle to one SQLite file served by one writer and many readers.
///
/// Threads: the handle is safe to use from any thread. Lifetimes: its end stops intake, finishes what was accepted, and
/// joins every thread. The last `shard` must be gone before. The execution contexts that handlers run on must outlive it
/// (or its `stop`): an actor may still be inside its post to a context whose `run` has returned.
class CARREL_API database {
public:
    /// Opens or creates the file, applies the SQLite profile and reads it back, migrates, and starts the actors.
    /// On failure nothing new is left on disk. Blocks; call it before the event loop runs.
    /// Errors: `invalid_option`, `no_directory`, `read_only_file`, `not_a_database`, `database_in_use`,
    /// `network_filesystem`, `profile_mismatch`, `migration_changed`, `newer_database`, SQLite's codes.
    static result<database> open(options settings);

    database(database&&) noexcept = default;
    database& operator=(database&&) noexcept = default;
    /// As `stop`.
    ~database();

    /// Runs `work` on a reader inside a snapshot and completes with what it returned.
    ///
    /// The snapshot is begun after the job left the queue, so it holds every write acknowledged before this call. On a
    /// `shard`'s thread the read runs on that thread once its turn ends, under `options::read_budget`; elsewhere on a
    /// background reader.
    ///
    /// Work            `result<T>(read_session&)`; may be run again from the start, so it must not consume its captures.
    /// Signature       `void(result<T>)`.
    /// Runs on         the handler on its associated executor, or a system executor. Never inline from this call.
    /// Lifetimes       work is moved in and destroyed on the reader's thread before the handler runs. `*this` may end
    ///                 while the operation is outstanding; it still completes.
    /// Threads         safe from any thread at any time, also during `stop`.
    /// Cancellation    any type: a waiting job completes with `errc::cancelled`, a running one is interrupted.
    /// Errors          `overloaded`, `stopping`, `deadline_exceeded`, `cancelled`, `work_threw`, `snapshot_too_old`,
    ///                 whatever work returned, SQLite's codes.
    template <class Work, class Token>
    auto async_read(Work work, job_options per_job, Token&& token) {
        using T = typename detail::unwrap_result<std::invoke_result_t<Work&, read_session&>>::type;
        return boost::asio::async_initiate<Token, void(result<T>)>(
            [](auto handler, detail::engine* target, Work moved, job_options chosen) {
                using job_type = detail::read_job_of<Work, T, decltype(handler)>;
                auto job =
                    std::make_unique<job_type>(std::move(moved), std::move(handler), detail::executor_of(*target));
                detail::accept(*target, *job, chosen.deadline);
                job->bytes = chosen.bytes;
                detail::submit(*target, std::unique_ptr<detail::read_job>(std::move(job)));
            },
            token, engine_.get(), std::move(work), per_job);
    }
    template <class Work, class Token>
    auto async_read(Work work, Token&& token) {
        return async_read(std::move(work), job_options(), std::forward<Token>(token));
    }

    /// Runs `work` on the writer, isolated from its batch, and completes with what it returned.
    ///
    /// Jobs run in the order they were accepted. Success means that the transaction that holds this job has been
    /// committed; with `durability::full` it is also on stable storage. An error means that the work left no trace,
    /// `outcome_unknown` excepted.
    ///
    /// Work            `result<T>(write_session&)`; may be run again from the start if a neighbour rolled back the batch.
    /// Signature       `void(result<committed<T>>)`.
    /// Runs on         as `async_read`.
    /// Threads         safe from any thread at any time, also during `stop`.
    /// Cancellation    any type, while the job waits: `errc::cancelled`. A job that has begun is finished.
    /// Errors          `overloaded`, `stopping`, `deadline_exceeded` (before it began), `cancelled`, `work_threw`,
    ///                 `outcome_unknown`, `writer_poisoned`, whatever work returned, SQLite's codes.
    template <class Work, class Token>
    auto async_write(Work work, job_options per_job, Token&& token);
    template <class Work, class Token>
    auto async_write(Work work, Token&& token) {
        return async_write(std::move(work), job_options(), std::forward<Token>(token));
    }

    /// Stops: refuses new jobs, finishes accepted ones, closes readers, checkpoints, closes the writer, joins.
    /// Signature `void(result<void>)`; the error, if any, is that of the last checkpoint or `outcome_unknown` if the
    /// writer was poisoned. May be called more than once; each call completes.
    template <class Token>
    auto async_stop(Token&& token);

    /// As `async_stop`, waiting on the calling thread. Not from a shard's thread while it has work under way.
    result<void> stop();

    /// All counters. Safe at any time; never waits for an actor.
    database_stats stats() const;

    /// How long an overloaded caller should stay away, from the age of the queues. At least 1 s.
    std::chrono::seconds retry_after() const noexcept;

private:
    friend class shard;
    explicit database(std::shared_ptr<detail::engine> engine) noexcept
        : engine_(std::move(engine)) {}
    std::shared_ptr<detail::engine> engine_;
};

/// Makes the single thread that runs an `io_context` a home for reads: while it exists, `async_read` calls made on that
/// thread run on a resident reader there, without a hop between threads, and replies come home in one post a batch.
///
/// The context must be run by one thread (`io_context{1}`). Create it before `run()` and destroy it after `run()` has
/// returned, before the database ends. Not thread-safe itself.
class CARREL_API shard {
public:
    /// Opens the resident reader. Errors: those of a reader's open, `errc::invalid_option` when `readers_max` is reached
    /// (one background reader is always kept), `errc::stopping`.
    static result<shard> attach(database& owner, boost::asio::io_context& context);
    shard(shard&&) noexcept;
    shard& operator=(shard&&) noexcept;
    ~shard();

private:
    shard(std::shared_ptr<detail::shard_core> core, std::shared_ptr<detail::engine> owner) noexcept;
    std::shared_ptr<detail::shard_core> core_;
    std::shared_ptr<detail::engine> owner_;
};

// Implementation.

namespace detail {

template <class Work, class T, class Handler>
class write_job_of final : public job_with_handler<write_job, committed<T>, Handler> {
public:
    using base = job_with_handler<write_job, committed<T>, Handler>;

    write_job_of(Work&& work, Handler&& handler, const boost::asio::any_io_executor& fallback)
        : base(std::move(handler), fallback),
          work_(std::move(work)) {
        if constexpr (requires { Work::is_single_statement; }) this->single_statement = Work::is_single_statement;
    }

    void run(write_session& session) override {
        auto outcome = run_guarded<T>(*work_, session);
        if (!outcome) {
            this->outcome_.emplace(outcome.error());
        } else if constexpr (std::is_void_v<T>) {
            this->outcome_.emplace(committed<void>{});
        } else {
            this->outcome_.emplace(committed<T>{std::move(*outcome), 0});
        }
    }
    void discard() noexcept override { this->outcome_.reset(); }
    void release_work() noexcept override { work_.reset(); }

private:
    result<committed<T>> finished() override {
        if (this->outcome_->has_value()) (**this->outcome_).sequence = this->commit_sequence;
        return std::move(*this->outcome_);
    }
    std::optional<Work> work_;
};

/// Completes when the engine has stopped.
template <class Handler>
class stop_waiter final : public job_with_handler<job, void, Handler> {
public:
    using job_with_handler<job, void, Handler>::job_with_handler;
    void release_work() noexcept override {}

private:
    result<void> finished() override { return this->outcome_ ? std::move(*this->outcome_) : result<void>(); }
};

}  // namespace detail

template <class Work, class Token>
auto database::async_write(Work work, job_options per_job, Token&& token) {
    using T = typename detail::unwrap_result<std::invoke_result_t<Work&, write_session&>>::type;
    return boost::asio::async_initiate<Token, void(result<committed<T>>)>(
        [](auto handler, detail::engine* target, Work moved, job_options chosen) {
            using job_type = detail::write_job_of<Work, T, decltype(handler)>;
            auto job = std::make_unique<job_type>(std::move(moved), std::move(handler), detail::executor_of(*target));
            detail::accept(*target, *job, chosen.deadline);
            job->needed = chosen.durability.value_or(detail::durability_of(*target));
            job->bytes = chosen.bytes;
            detail::submit(*target, std::unique_ptr<detail::write_job>(std::move(job)));
        },
        token, engine_.get(), std::move(work), per_job);
}

template <class Token>
auto database::async_stop(Token&& token) {
    return boost::asio::async_initiate<Token, void(result<void>)>(
        [](auto handler, std::shared_ptr<detail::engine> target) {
            using job_type = detail::stop_waiter<decltype(handler)>;
            auto fallback = detail::executor_of(*target);
            detail::async_stop(target, std::make_unique<job_type>(std::move(handler), fallback));
        },
        token, engine_);
}

}  // namespace carrel
