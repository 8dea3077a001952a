// The composition root: the public handles and what stands behind them.
#include <carrel/database.hpp>

#include "actors/engine.hpp"

#include <boost/asio/system_executor.hpp>

#include <algorithm>
#include <thread>

namespace carrel {

result<database> database::open(options settings) {
    auto opened = detail::engine::open(std::move(settings));
    if (!opened) return opened.error();
    return database(std::move(*opened));
}

database::~database() {
    if (engine_) engine_->stop();
}

result<void> database::stop() { return engine_->stop(); }
database_stats database::stats() const { return engine_->stats(); }

std::chrono::seconds database::retry_after() const noexcept {
    // What waited for so long takes about as long again to clear.
    const auto age = std::chrono::ceil<std::chrono::seconds>(engine_->queue_age());
    return std::clamp(age, std::chrono::seconds(1), std::chrono::seconds(60));
}

result<shard> shard::attach(database& owner, boost::asio::io_context& context) {
    auto core = owner.engine_->attach(context);
    if (!core) return core.error();
    return shard(std::move(*core), owner.engine_);
}

shard::shard(std::shared_ptr<detail::shard_core> core, std::shared_ptr<detail::engine> owner) noexcept
    : core_(std::move(core)),
      owner_(std::move(owner)) {}
shard::shard(shard&&) noexcept = default;
shard& shard::operator=(shard&& other) noexcept {
    std::swap(core_, other.core_);
    std::swap(owner_, other.owner_);
    return *this;
}
shard::~shard() {
    if (core_) owner_->detach(core_);
}

namespace detail {

void submit(engine& target, std::unique_ptr<read_job> job) noexcept { target.submit(std::move(job)); }
void submit(engine& target, std::unique_ptr<write_job> job) noexcept { target.submit(std::move(job)); }

void async_stop(const std::shared_ptr<engine>& target, std::unique_ptr<job> waiter) {
    // Stopping joins threads, so it has one of its own. The waiter's executor counts as busy until it is delivered.
    std::thread([target = std::shared_ptr<engine>(target), waiter = std::move(waiter)]() mutable {
        if (auto stopped = target->stop(); !stopped) waiter->fail(stopped.error());
        target.reset();
        waiter.release()->deliver(delivery::post);
    }).detach();
}

boost::asio::any_io_executor executor_of(engine&) noexcept { return boost::asio::system_executor(); }

// One look at the clock for both.
void accept(engine& target, job& taken, std::optional<std::chrono::milliseconds> deadline) noexcept {
    const auto& settings = target.settings();
    taken.accepted = std::chrono::steady_clock::now();
    taken.deadline = taken.accepted + std::min(deadline.value_or(settings.deadline_default), settings.deadline_max);
}

durability durability_of(engine& target) noexcept { return target.settings().default_durability; }

}  // namespace detail
}  // namespace carrel
