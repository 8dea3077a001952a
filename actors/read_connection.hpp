#pragma once

#include "actors/job_list.hpp"
#include "actors/probe.hpp"
#include "actors/reader_policy.hpp"
#include "actors/snapshot_registry.hpp"
#include "sqlite/connection.hpp"

#include <carrel/detail/job.hpp>
#include <carrel/options.hpp>

#include <functional>
#include <memory>

namespace carrel::detail {

/// One read-only connection and what runs on it: opened on demand, replaced when old. Owned by one thread, a reader
/// actor's or a shard's.
class read_connection {
public:
    using source = std::function<result<std::unique_ptr<sqlite::connection>>()>;

    /// What runs here is shown in `slot`.
    read_connection(source open, snapshot_registry& all, const options& settings, sqlite::run_slot& slot)
        : open_(std::move(open)),
          settings_(settings),
          snapshot_(all.enroll()),
          slot_(slot) {}

    /// Which statements to refuse as deep, on this connection and those that replace it. Only on a resident.
    void refuse_deep(sqlite::connection::deep_test test) { is_deep_ = std::move(test); }
    /// Makes sure that there is a connection.
    result<void> open();
    void close() noexcept;
    bool is_open() const noexcept { return connection_ != nullptr; }
    /// Opens a new connection in place of one that is too old; keeps the old one if that fails.
    void replace_if_old(steady_time now) noexcept;
    connection_age age(steady_time now, steady_time idle_since) const noexcept {
        return {now - opened_at_, now - idle_since};
    }

    /// Begins a snapshot that the following jobs share.
    result<void> begin(steady_time now) noexcept;
    void end() noexcept;

    enum class fate { done, over_budget };
    /// Runs one job inside the snapshot, from `now` on; `budget` only on a resident. After `over_budget` nothing of the run is left
    /// in the job, and its fingerprint tells the deep statement.
    fate run(read_job& one, steady_time now, std::optional<sqlite::budget_clock> budget) noexcept;
    /// That took the longest of those that the last job ran; 0 if there was none.
    std::uint64_t longest_statement() const noexcept { return connection_ ? connection_->meter().longest() : 0; }

    actor_probe& probe() noexcept { return probe_; }
    const actor_probe& probe() const noexcept { return probe_; }

private:
    result<void> begin_snapshot(steady_time now);
    void count_cache_use() noexcept;
    result<std::unique_ptr<sqlite::connection>> fresh_connection();
    std::optional<errc> run_once(read_job& one, std::optional<sqlite::budget_clock> budget) noexcept;

    source open_;
    sqlite::connection::deep_test is_deep_;
    const options& settings_;
    snapshot_registry::entry& snapshot_;
    sqlite::run_slot& slot_;
    std::unique_ptr<sqlite::connection> connection_;
    steady_time opened_at_;
    steady_time begun_at_, cache_counted_at_;
    actor_probe probe_;
};

}  // namespace carrel::detail
