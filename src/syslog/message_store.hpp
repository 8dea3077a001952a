#pragma once

#include "siem/event_intake.hpp"
#include "siem/event_reader.hpp"
#include "siem/mappings_in_force.hpp"
#include "syslog/message.hpp"

#include <carrel/database.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carrel::syslog {

/// Every message received is stored or dropped, or waits to be one of both. Written by one thread, read by any.
struct counts {
    std::atomic<std::uint64_t> received_udp{0}, received_tcp{0};
    std::atomic<std::uint64_t> stored{0}, dropped{0};
    std::atomic<std::uint64_t> lost{0};  // by the system, before they were received
    std::atomic<std::uint64_t> cut{0};   // of the received: they were longer than the bound
    std::atomic<std::uint64_t> connections{0};
};

/// Puts messages together into parts and has the writer store them: those of some milliseconds, or as many as fill a part.
/// A part that could not be stored is tried again until it is, or `give_up` was called. Belongs to the thread that runs
/// its context.
class message_store {
public:
    /// `mappings` may be null: then events are read by the builtin ones.
    message_store(boost::asio::io_context& io, database& store, log_sink log, counts& counted,
                  std::shared_ptr<const siem::mappings_in_force> mappings);

    /// What was stored, or what waits was given up: there may be room again.
    std::function<void()> on_room;

    /// No more should come until `on_room`.
    bool is_full() const noexcept { return parts_.bytes_held() + writing_bytes_ >= held_bytes_max; }
    void add(std::string_view message, std::string_view peer, bool was_cut);
    /// One that there is no room for.
    void drop() noexcept { counts_.dropped.fetch_add(1, std::memory_order_relaxed); }

    /// Stores all that waits now; `done` is called once none is left.
    void finish(std::function<void()> done);
    /// What waits is dropped, but for a part that the writer has already.
    void give_up();

    static constexpr std::size_t held_bytes_max = 16u << 20;

private:
    struct store_work;

    void arm();
    void write_next();
    void stored(const result<committed<siem::stored_part>>& outcome);
    void retry(const error& why);
    void settle();

    boost::asio::io_context& io_;
    database& store_;
    log_sink log_;
    counts& counts_;
    siem::uuid_generator fresh_id_;
    std::shared_ptr<const siem::mappings_in_force> mappings_;
    std::uint64_t mappings_stamp_ = 0;  // of those that `reader_` uses
    siem::event_reader reader_;
    siem::event_parts parts_;
    siem::new_event read_;
    event_text text_;
    boost::asio::steady_timer gather_, again_;
    bool gathers_ = false, is_writing_ = false, waits_ = false, gives_up_ = false;
    std::optional<siem::event_part> writing_;  // read by the writer while `is_writing_`
    std::size_t writing_bytes_ = 0;
    siem::reply ignored_;
    std::function<void()> finished_;
    std::string last_failure_;
};

}  // namespace carrel::syslog
