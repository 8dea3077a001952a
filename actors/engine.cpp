#include "actors/engine.hpp"

#include "actors/read_on_writer.hpp"
#include "sqlite/migrations.hpp"

#include <algorithm>

namespace carrel::detail {

using clock = std::chrono::steady_clock;

result<std::shared_ptr<engine>> engine::open(options settings) {
    if (auto valid = settings.validate(); !valid) return valid.error();
    auto guard = sqlite::file_guard::acquire(settings.path);
    if (!guard) return guard.error();
    std::shared_ptr<engine> opened(new engine(std::move(settings), std::move(*guard)));
    if (auto ready = opened->open_writer(); !ready) {
        opened->writer_.reset();
        opened->guard_->forget_new_file();
        return ready.error();
    }
    opened->writer_->start();
    return opened;
}

engine::engine(options settings, sqlite::file_guard guard)
    : settings_(std::move(settings)),
      guard_(std::move(guard)),
      path_(guard_->path()),
      dispatcher_([this] { return open_reader(settings_.background_cache_kib); }, snapshots_, settings_) {}

engine::~engine() { stop(); }

result<void> engine::open_writer() {
    auto connection = sqlite::connection::open(path_, sqlite::profile_of(settings_, sqlite::role::writer), busy_seen_);
    if (!connection)
        return connection.error() == sqlite_errc::not_a_database ? error(errc::not_a_database, settings_.path)
                                                                 : connection.error();
    // The first write transaction of a process also recovers the WAL, before any reader could be made to wait for it.
    if (auto migrated = sqlite::migrate(**connection, settings_.migrations); !migrated) return migrated;
    auto sequence = sqlite::last_commit(**connection);
    if (!sequence) return sequence.error();
    writer_ = std::make_unique<writer>(std::move(*connection), *sequence, settings_, snapshots_);
    // One reader now, so that what would keep readers from opening is known at open.
    if (auto reader = open_reader(settings_.background_cache_kib); !reader) return reader.error();
    return {};
}

result<std::unique_ptr<sqlite::connection>> engine::open_reader(std::size_t cache_kib) {
    auto wanted = sqlite::profile_of(settings_, sqlite::role::reader);
    wanted.page_cache_kib = cache_kib;
    return sqlite::connection::open(path_, wanted, busy_seen_);
}

// -- work ---

void engine::submit(std::unique_ptr<read_job> job) noexcept {
    if (stopping_) return refuse(std::move(job), errc::stopping);
    if (settings_.single_connection) return submit(std::make_unique<read_on_writer>(std::move(job)));
    if (auto* shard = shard_core::of_this_thread(*this)) return shard->submit(std::move(job));
    submit_background(std::move(job));
}

void engine::submit_background(std::unique_ptr<read_job> job) noexcept {
    switch (dispatcher_.submit(job)) {
        case push_result::queued: return;
        case push_result::full: return refuse(std::move(job), errc::overloaded);
        case push_result::closed: return refuse(std::move(job), errc::stopping);
    }
}

void engine::submit(std::unique_ptr<write_job> job) noexcept {
    if (writer_->is_poisoned()) return refuse(std::move(job), errc::writer_poisoned);
    if (auto* shard = shard_core::of_this_thread(*this)) job->home = shard->shared_from_this();
    switch (writer_->push(job)) {
        case push_result::queued: return;
        case push_result::full: return refuse(std::move(job), errc::overloaded);
        case push_result::closed: return refuse(std::move(job), errc::stopping);
    }
}

void engine::refuse(std::unique_ptr<job> refused, errc why) noexcept {
    (why == errc::overloaded ? refused_overloaded_ : refused_stopping_).add();
    refused->fail(why);
    refused->release_work();
    refused.release()->deliver(delivery::post);
}

// -- shards ---

result<std::shared_ptr<shard_core>> engine::attach(boost::asio::io_context& context) {
    std::lock_guard lock(shards_mutex_);
    if (stopping_) return error(errc::stopping);
    // One background reader always stays: without it nothing deep could run.
    if (shards_.size() + 1 >= settings_.readers_max)
        return error(errc::invalid_option,
                     "readers_max = " + std::to_string(settings_.readers_max) + " leaves no reader for one more shard");
    auto resident =
        std::make_unique<reader>([this] { return open_reader(settings_.page_cache_kib); }, snapshots_, settings_);
    auto shard = std::make_shared<shard_core>(shared_from_this(), context, std::move(resident));
    if (auto attached = shard->attach(); !attached) return attached.error();
    shards_.push_back(shard);
    share_readers();
    return shard;
}

void engine::detach(const std::shared_ptr<shard_core>& shard) {
    shard->detach();
    std::lock_guard lock(shards_mutex_);
    std::erase(shards_, shard);
    share_readers();
}

void engine::share_readers() { dispatcher_.set_limit(settings_.readers_max - shards_.size()); }

// -- stop ---

result<void> engine::stop() {
    std::lock_guard lock(stop_mutex_);
    if (stopped_) return *stopped_;
    stopping_ = true;
    snapshots_.open_for_all();
    dispatcher_.finish();
    stopped_ = result<void>();
    if (writer_) {
        writer_->finish();
        stopped_ = writer_->close();
    }
    guard_.reset();
    return *stopped_;
}

// -- what is told ---

database_stats engine::stats() {
    database_stats stats;
    stats.database_path = settings_.path;
    writer_->add_to(stats);
    dispatcher_.add_to(stats);
    std::lock_guard lock(shards_mutex_);
    for (const auto& shard : shards_) {
        add_reader(shard->resident().probe(), stats);
        stats.readers.budget_overruns += shard->overruns();
        stats.readers.known_deep += shard->known_deep();
    }
    stats.read.max_open = settings_.readers_max;
    stats.read.in_use = std::min(stats.read.in_use, stats.read.open);
    stats.read.idle = stats.read.open - stats.read.in_use;
    stats.read.wait_seconds_total = stats.read.waits.seconds_total;
    stats.read.utilization /= static_cast<double>(busy_window::seconds * settings_.readers_max);
    stats.readers.oldest_snapshot_seconds = std::chrono::duration<double>(snapshots_.oldest_age(clock::now())).count();
    stats.busy_seen = busy_seen_.load(std::memory_order_relaxed);
    stats.refused_overloaded = refused_overloaded_.get();
    stats.refused_stopping = refused_stopping_.get();
    return stats;
}

std::chrono::nanoseconds engine::queue_age() {
    return std::max(dispatcher_.queue_age(clock::now()), writer_->queue_age());
}

}  // namespace carrel::detail
