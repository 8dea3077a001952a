#include "actors/engine.hpp"

#include "actors/job_times.hpp"
#include "actors/log.hpp"
#include "actors/migration_log.hpp"
#include "actors/single_connection.hpp"
#include "actors/thread.hpp"
#include "sqlite/failpoints.hpp"
#include "sqlite/file_bytes.hpp"
#include "sqlite/migration_versions.hpp"
#include "sqlite/migrations.hpp"
#include "sqlite/open_mark.hpp"
#include "sqlite/process_fork.hpp"

#include <carrel/commit_follower.hpp>
#include <carrel/detail/work.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <new>
#include <system_error>

namespace carrel::detail {
namespace {

using clock = std::chrono::steady_clock;

std::uint64_t next_engine_id() noexcept {
    static std::atomic<std::uint64_t> newest{0};
    return newest.fetch_add(1) + 1;
}

// A pool of one named thread that takes none of the host's signals.
std::unique_ptr<boost::asio::thread_pool> one_thread(const char* name) {
    const signals_blocked blocked;
    auto pool = std::make_unique<boost::asio::thread_pool>(1);
    boost::asio::post(*pool, [name] { name_thread(name); });
    return pool;
}

// Keeps an engine that nothing may end until the process ends. In place, for it may be memory that is wanting.
void leak(std::shared_ptr<engine> one) noexcept {
    union never_ended {
        never_ended() {}
        ~never_ended() {}
        std::shared_ptr<engine> held;
    } kept;
    new (&kept.held) std::shared_ptr<engine>(std::move(one));
}

}  // namespace

// -- start ---

result<std::shared_ptr<engine>> engine::open(options settings) {
    std::shared_ptr<engine> opened;
    result<void> ready;
    try {
        if (auto valid = settings.validate(); !valid) return valid.error();
        auto guard = sqlite::file_guard::acquire(settings.path);
        if (!guard) return guard.error();
        // The guard outlives a constructor that fails, so that its new file goes.
        std::optional<sqlite::file_guard> held(std::move(*guard));
        std::unique_ptr<engine> made;
        try {
            made.reset(new engine(std::move(settings), held));
            opened = std::move(made);
        } catch (...) {
            (made ? made->guard_ : held)->remove_new_file();
            throw;
        }
        ready = opened->open_actors();
    } catch (const boost::system::system_error& e) {  // of Asio's threads
        ready = error_with(e.code(), e.what());
    } catch (const std::system_error& e) {
        ready = error_with(error_code(e.code().value(), boost::system::system_category()), e.what());
    } catch (...) {
        ready = error_of_exception();
    }
    if (ready) return opened;
    if (opened) {
        if (opened->writer_) (void)opened->writer_->close();
        opened->writer_.reset();
        opened->guard_->remove_new_file();
    }
    return std::move(ready).error();
}

// Takes the guard over last: what throws before leaves it with the caller.
engine::engine(options settings, std::optional<sqlite::file_guard>& guard)
    : settings_(std::move(settings)),
      id_(next_engine_id()),
      fork_generation_(fork_generation()),
      path_(guard->path()),
      file_(guard->file()),
      dispatcher_([this] { return open_reader(settings_.background_cache_kib); }, snapshots_, settings_, *timer_, id_,
                  queries_) {
    guard_.swap(guard);
}

result<void> engine::open_actors() {
    // Before the writer's connection recovers the WAL: the file of a newer program stays as it is.
    if (auto known = sqlite::check_versions(path_, settings_.migrations); !known) return known.error();
    const bool has_wal = sqlite::has_wal(path_);
    const auto log_time = sqlite::wal_time(path_);
    auto wanted = sqlite::profile_of(settings_, sqlite::role::writer);
    wanted.queries = &queries_;
    auto connection = sqlite::connection::open(path_, wanted, busy_seen_);
    if (!connection)
        return connection.error() == sqlite_errc::not_a_database ? error(errc::not_a_database, settings_.path)
                                                                 : connection.error();
    // The first write transaction of a process also recovers the WAL, before any reader could be made to wait for it.
    if (auto migrated = migrate_with_log(**connection, settings_); !migrated) return migrated;
    auto sequence = sqlite::last_commit(**connection);
    if (!sequence) return sequence.error();
    auto was_open = sqlite::bears_open_mark(**connection);
    if (!was_open) return was_open.error();
    if (*was_open && !has_wal) write_log(settings_, log_level::warning, sqlite::missing_wal_text(path_));
    if (settings_.follower)
        if (auto introduced = introduce_follower(**connection, *sequence, log_time); !introduced) return introduced;
    if (auto named = guard_->check_names(); !named) return named;
    // One reader now, so that what would keep readers from opening is known at open.
    if (auto reader = open_reader(settings_.background_cache_kib); !reader) return reader.error();

    completion_executor_ = settings_.completion_executor;
    if (!completion_executor_) {
        completion_pool_ = one_thread("carrel-replies");
        completion_executor_ = completion_pool_->get_executor();
    }
    auto executor = settings_.writer_executor;
    if (!executor) {
        writer_pool_ = one_thread("carrel-writer");
        executor = writer_pool_->get_executor();
    }
    writer_ = std::make_unique<writer_actor>(std::move(*connection), *sequence, settings_, std::move(executor),
                                             snapshots_, *timer_, id_, queries_);
    if (auto marked = writer_->mark_open(); !marked) return marked;
    timer_->start({&writer_->queue(), writer_.get(), &dispatcher_, &snapshots_, this}, id_);
    return {};
}

// Before the first checkpoint.
result<void> engine::introduce_follower(sqlite::connection& writer, std::uint64_t sequence, std::int64_t log_time) {
    auto page = writer.trusted_integer("SELECT rootpage FROM sqlite_schema WHERE name = 'carrel_commit'");
    if (!page) return page.error();
    auto header = writer.file_header();
    if (!header) return header.error();
    const auto read = [&writer](std::uint64_t at, std::size_t bytes) { return sqlite::file_bytes(writer, at, bytes); };
    settings_.follower->opened(
        {path_, writer.page_bytes(), sequence, static_cast<std::uint32_t>(*page), *header, log_time, read});
    return {};
}

result<std::unique_ptr<sqlite::connection>> engine::open_reader(std::size_t cache_kib) {
    auto wanted = sqlite::profile_of(settings_, sqlite::role::reader);
    wanted.page_cache_kib = cache_kib;
    wanted.queries = &queries_;
    auto opened = sqlite::connection::open(path_, wanted, busy_seen_);
    // Another file in its place would be read beside it.
    if (!sqlite::file_guard::is_named(path_, file_)) return error(errc::file_replaced, path_);
    return opened;
}

// -- intake ---

// One look at the clock for both times.
std::optional<errc> engine::accept(job& one, const job_options& per_job) noexcept {
    const auto deadline = per_job.deadline.value_or(settings_.deadline_default);
    one.accepted = clock::now();
    // Within what the clock can count: one in the past has passed, however long ago.
    one.deadline = one.accepted + std::clamp(deadline, std::chrono::milliseconds(0), settings_.deadline_max);
    one.bytes = per_job.bytes;
    one.origin = per_job.origin;
    one.timing = per_job.timing;
    note_accepted(one);
    if (deadline > settings_.deadline_max) return errc::invalid_option;
    return refusal_of(one);
}

std::optional<errc> engine::refusal_of(const job& one) const noexcept {
    if (fork_generation_ != fork_generation()) return errc::forked;
    if (one.waits_on_thread && is_on_own_thread()) return errc::would_deadlock;
    if (stopping_) return errc::stopping;
    return std::nullopt;
}

bool engine::is_on_own_thread() const noexcept {
    return actor_scope::is_actor_of(id_) || resident_reader::of_this_thread(id_) != nullptr;
}

void engine::submit(job_ptr<read_job> one, const job_options& per_job) noexcept {
    if (const auto refused = accept(*one, per_job)) return refuse(std::move(one), *refused);
    dispatch(std::move(one));
}

void engine::submit(job_ptr<write_job> one, const job_options& per_job) noexcept {
    one->needed = per_job.durability.value_or(settings_.default_durability);
    one->priority = per_job.priority;
    if (const auto refused = accept(*one, per_job)) return refuse(std::move(one), *refused);
    dispatch(std::move(one));
}

void engine::submit_unbounded(job_ptr<read_job> one) noexcept {
    one->accepted = clock::now();
    one->deadline = steady_time::max();
    if (const auto refused = refusal_of(*one)) return refuse(std::move(one), *refused);
    dispatch(std::move(one));
}

void engine::submit_unbounded(job_ptr<write_job> one) noexcept {
    one->accepted = clock::now();
    one->deadline = steady_time::max();
    if (const auto refused = refusal_of(*one)) return refuse(std::move(one), *refused);
    dispatch(std::move(one));
}

void engine::dispatch(job_ptr<read_job> one) noexcept {
    if constexpr (failpoints::are_built_in)
        if (failpoints::is_set(failpoint::single_connection) && one->holds_snapshot)
            if (auto on_writer = read_on_writer::of(one)) return dispatch(std::move(on_writer));
    if (!one->is_background)
        if (auto* resident = resident_reader::of_this_thread(id_)) return resident->submit(std::move(one));
    submit_background(std::move(one));
}

void engine::submit_background(job_ptr<read_job> one) noexcept {
    using outcome = read_dispatcher::outcome;
    switch (dispatcher_.submit(one)) {
        case outcome::queued: return;
        case outcome::full: return refuse(std::move(one), errc::overloaded);
        case outcome::closed: return refuse(std::move(one), errc::stopping);
        case outcome::no_thread:
            return refuse(std::move(one), make_error_code(boost::system::errc::resource_unavailable_try_again));
    }
}

void engine::dispatch(job_ptr<write_job> one) noexcept {
    if (const auto refused = writer_->refusal()) return refuse(std::move(one), *refused);
    if (one->context != nullptr)
        if (auto* resident = resident_reader::of_this_thread(id_);
            resident != nullptr && one->context == &resident->context())
            one->reply_shard = resident->shared_from_this();
    switch (writer_->push(one)) {
        case push_result::queued: return;
        case push_result::full: return refuse(std::move(one), errc::overloaded);
        case push_result::closed: return refuse(std::move(one), errc::stopping);
    }
}

void engine::refuse(job_ptr<job> one, error why) noexcept {
    if (why == errc::overloaded) refused_overloaded_.add();
    else if (why == errc::stopping) refused_stopping_.add();
    one->fail(std::move(why));
    one->release_work();
    one->reply_shard.reset();
    deliver_or_keep(std::move(one), delivery::post, *timer_);
}

void engine::await_room(job_ptr<job> waiter) noexcept {
    waiter->deadline = steady_time::max();
    if (const auto refused = refusal_of(*waiter)) return refuse(std::move(waiter), *refused);
    writer_->await_room(std::move(waiter));
}

boost::asio::any_io_executor engine::fallback_executor(bool waits_on_thread) const noexcept {
    if (!waits_on_thread)
        if (auto* resident = resident_reader::of_this_thread(id_)) return resident->context().get_executor();
    return completion_executor_;
}

// -- shards ---

result<std::shared_ptr<resident_reader>> engine::attach(boost::asio::io_context& context) {
    std::lock_guard lock(residents_mutex_);
    if (fork_generation_ != fork_generation()) return error(errc::forked);
    if (stopping_) return error(errc::stopping);
    // One background reader always stays: without it nothing deep could run.
    if (residents_.size() + 1 >= settings_.readers_max)
        return error(errc::invalid_option,
                     "readers_max = " + std::to_string(settings_.readers_max) + " leaves no reader for one more shard");
    auto connection = std::make_unique<read_connection>([this] { return open_reader(settings_.page_cache_kib); },
                                                        snapshots_, settings_, queries_.enroll(query_lane::resident));
    auto resident = std::make_shared<resident_reader>(*this, context, std::move(connection));
    residents_.reserve(residents_.size() + 1);  // before the thread knows it
    if (auto attached = resident->attach(); !attached) return attached.error();
    residents_.push_back(resident);
    share_readers();
    return resident;
}

void engine::detach(const std::shared_ptr<resident_reader>& resident) noexcept {
    resident->detach();
    std::lock_guard lock(residents_mutex_);
    std::erase(residents_, resident);
    share_readers();
}

void engine::share_readers() noexcept { dispatcher_.set_limit(settings_.readers_max - residents_.size()); }

// -- stop ---

engine::~engine() {
    if (writer_) (void)stop(stop_mode::finish);
    if (!completion_pool_) return;
    // Handlers that wait there are run. The last reference may go on that thread, inside one of them.
    if (!completion_pool_->get_executor().running_in_this_thread()) {
        completion_pool_->join();
        return;
    }
    auto* const pool = completion_pool_.release();
    try {
        start_thread("carrel-end", 0, [pool] {
            pool->join();
            delete pool;
        }).detach();
    } catch (...) {
        // Without a thread to wait for it, it runs on until the process ends.
    }
}

result<void> engine::stop(stop_mode mode) noexcept {
    if (fork_generation_ != fork_generation()) return error(errc::forked);
    if (actor_scope::is_actor_of(id_)) return error(errc::would_deadlock);
    // Both kinds are refused at once, before anything is waited for.
    stopping_ = true;
    dispatcher_.close();
    writer_->close_intake();
    if (mode == stop_mode::cancel_reads) dispatcher_.cancel_all();
    std::lock_guard lock(stop_mutex_);
    if (stopped_) return *stopped_;
    snapshots_.admit_all();
    dispatcher_.finish();
    writer_->finish();
    timer_->stop();
    writer_->finish();  // the timer may have requested one more turn
    auto outcome = writer_->close();
    // Of the diagnostic only the first caller is certain, since a copy needs memory.
    stopped_ = outcome ? result<void>() : error(outcome.error().code());
    if (writer_pool_) writer_pool_->join();
    guard_.reset();
    return outcome;
}

result<void> engine::stop_and_leave(stop_mode mode) noexcept {
    auto outcome = stop(mode);
    const bool has_stopped = fork_generation_ == fork_generation() && !actor_scope::is_actor_of(id_);
    if (has_stopped) stop_threads_->wait();
    return outcome;
}

void engine::end(std::shared_ptr<engine> one) noexcept {
    if (!one) return;
    if (one->fork_generation_ != fork_generation()) {
        leak(std::move(one));  // its threads are the parent's: nothing here may end it
        return;
    }
    if (!actor_scope::is_actor_of(one->id_)) {
        (void)one->stop_and_leave(stop_mode::finish);
        return;
    }
    try {
        start_thread("carrel-end", 0, [one]() noexcept { (void)one->stop_and_leave(stop_mode::finish); }).detach();
    } catch (...) {
        leak(std::move(one));
    }
}

// -- the watch over the file ---

steady_time engine::look(steady_time now) noexcept {
    if (!writer_->refusal()) {
        try {
            if (auto named = guard_->check_names(); !named) writer_->refuse_writes(errc::file_replaced, named.error());
        } catch (...) {
            // Without memory for the reason it is found out in a second.
        }
    }
    return now + deadline_timer::look_interval;
}

}  // namespace carrel::detail
