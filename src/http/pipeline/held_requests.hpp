#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace carrel::http {

class exchange;

/// Requests of one shard that were answered with nothing and wait until something has been stored, or their time is up.
/// They hold no reader and ask the database only after a commit. Belongs to the shard's thread, but for `announce`.
class held_requests {
public:
    using clock = std::chrono::steady_clock;

    explicit held_requests(boost::asio::io_context& io);

    /// Before the read of a request that may be held: what was announced by now, the read will see.
    void note_read(exchange& ex) const noexcept;
    /// Takes a request whose read had nothing to tell. False if it must be answered now.
    bool hold(exchange& ex);
    /// Its connection has gone.
    void remove(exchange& ex) noexcept;
    /// Answers one with what it has.
    void release(exchange& ex);
    /// Answers all, and holds none any more.
    void drain();
    void stop() noexcept;
    bool is_empty() const noexcept { return held_.empty(); }
    /// Has all read again, if the last commit is another one than at the last look.
    void look_at(std::uint64_t commit_sequence);

    /// Something was stored. Any thread.
    void announce() noexcept;

private:
    void wake_soon();
    void wake();
    void set_timer();
    void expire();

    boost::asio::io_context* io_;
    boost::asio::steady_timer expiry_, pace_;
    std::vector<exchange*> held_;
    clock::time_point last_wake_{};
    std::uint64_t commit_seen_ = 0;
    bool is_pacing_ = false, is_draining_ = false;
    std::atomic<std::uint64_t> announced_{0};
    std::atomic<std::size_t> count_{0};   // of those held
    std::atomic<bool> is_called_{false};  // the shard's thread has been notified
};

}  // namespace carrel::http
