// The composition root: the public handles and what stands behind them.
#include <carrel/database.hpp>

#include "actors/engine.hpp"
#include "actors/thread.hpp"
#include "sqlite/live_backup.hpp"

#include <algorithm>
#include <new>

namespace carrel {

result<database> database::open(options settings) {
    auto opened = detail::engine::open(std::move(settings));
    if (!opened) return opened.error();
    return database(std::move(*opened));
}

database& database::operator=(database&& other) noexcept {
    if (this == &other) return *this;
    detail::engine::end(std::move(engine_));
    engine_ = std::move(other.engine_);
    return *this;
}

database::~database() { detail::engine::end(std::move(engine_)); }

boost::asio::any_io_executor database::get_executor() const noexcept { return engine_->default_executor(); }
result<void> database::stop(stop_mode mode) { return engine_->stop_and_leave(mode); }
database_stats database::stats() const { return engine_->stats(); }

std::vector<running_query> database::running_queries() const { return engine_->queries().running(); }
bool database::cancel_query(std::uint64_t id) noexcept { return engine_->queries().end(id); }
std::vector<query_stats> database::queries() const { return engine_->queries().statements(); }

std::chrono::seconds database::retry_after() const noexcept {
    // What waited for so long takes about as long again to clear.
    const auto age = std::chrono::ceil<std::chrono::seconds>(engine_->queue_age());
    return std::clamp(age, std::chrono::seconds(1), std::chrono::seconds(60));
}

result<shard> shard::attach(database& owner, boost::asio::io_context& context) {
    auto resident = owner.engine_->attach(context);
    if (!resident) return resident.error();
    return shard(std::move(*resident), owner.engine_);
}

shard::shard(std::shared_ptr<detail::resident_reader> resident, std::shared_ptr<detail::engine> owner) noexcept
    : resident_(std::move(resident)),
      owner_(std::move(owner)) {}
shard::shard(shard&&) noexcept = default;
shard& shard::operator=(shard&& other) noexcept {
    std::swap(resident_, other.resident_);
    std::swap(owner_, other.owner_);
    return *this;
}
shard::~shard() {
    if (resident_) owner_->detach(resident_);
}

result<void> run_shard(database& owner, boost::asio::io_context& context) {
    auto attached = shard::attach(owner, context);
    if (!attached) return attached.error();
    attached->resident_->join_thread();  // what waits in the context already reads here, too
    context.run();
    return {};
}

namespace detail {

const boost::asio::any_io_executor& default_executor(const engine& of) noexcept { return of.default_executor(); }
boost::asio::any_io_executor fallback_executor(const engine& of, bool waits_on_thread) noexcept {
    return of.fallback_executor(waits_on_thread);
}
const std::shared_ptr<deadline_timer>& timer_of(const engine& of) noexcept { return of.shared_timer(); }

void submit(engine& to, job_ptr<read_job> one, const job_options& per_job) noexcept {
    to.submit(std::move(one), per_job);
}
void submit(engine& to, job_ptr<write_job> one, const job_options& per_job) noexcept {
    to.submit(std::move(one), per_job);
}
void submit_unbounded(engine& to, job_ptr<read_job> one) noexcept { to.submit_unbounded(std::move(one)); }
void submit_unbounded(engine& to, job_ptr<write_job> one) noexcept { to.submit_unbounded(std::move(one)); }
void await_room(engine& of, job_ptr<job> waiter) noexcept { of.await_room(std::move(waiter)); }

result<backup_report> backup(engine& of, read_session& session, const std::string& target,
                             const backup_options& wanted) {
    // The connection fails the job with the reason for which it must end.
    return sqlite::live_backup(connection_of(session), of.changes(), target, wanted, [&session, &wanted] {
        return !session.check_interrupt() || (wanted.should_stop && wanted.should_stop());
    });
}

void stop_engine(const std::shared_ptr<engine>& one, stop_mode mode, job_ptr<job> waiter) noexcept {
    // Stopping joins threads, so it has one of its own. The waiter's executor counts as busy until it is delivered.
    auto* const raw = waiter.release();
    const auto timer = one->shared_timer();
    if (raw->waits_on_thread && actor_scope::is_actor_of(one->id())) {
        raw->fail(errc::would_deadlock);
        return deliver_or_keep(job_ptr<job>(raw), delivery::post, *timer);
    }
    try {
        detached_threads::start(one->stop_threads(), "carrel-stop",
                                [engine = one, timer, mode, raw]() mutable noexcept {
                                    if (auto stopped = engine->stop(mode); !stopped)
                                        raw->fail(std::move(stopped).error());
                                    engine.reset();
                                    deliver_or_keep(job_ptr<job>(raw), delivery::post, *timer);
                                });
    } catch (...) {
        raw->fail(make_error_code(boost::system::errc::resource_unavailable_try_again));
        deliver_or_keep(job_ptr<job>(raw), delivery::post, *timer);
    }
}

error error_of_exception() noexcept {
    try {
        throw;
    } catch (const std::bad_alloc&) {
        return error(make_error_code(boost::system::errc::not_enough_memory));
    } catch (const std::exception& e) {
        return error_with(make_error_code(errc::work_threw), e.what());
    } catch (...) {
        return error(errc::work_threw);
    }
}

error error_with(error_code code, std::string_view diagnostic) noexcept {
    try {
        return {code, std::string(diagnostic)};
    } catch (...) {
        return {code};
    }
}

}  // namespace detail
}  // namespace carrel
