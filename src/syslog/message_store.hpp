#pragma once

#include "siem/event_intake.hpp"
#include "siem/event_reader.hpp"
#include "siem/mappings_in_force.hpp"
#include "syslog/message_format.hpp"

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

/// Every message received is stored, kept as a dead letter or dropped, or waits to be one of these. Written by one thread,
/// read by any.
struct counts {
    std::atomic<std::uint64_t> received_udp{0}, received_tcp{0};
    std::atomic<std::uint64_t> stored{0}, dead_letters{0}, dropped{0};
    std::atomic<std::uint64_t> lost{0};  // by the system, before they were received
    std::atomic<std::uint64_t> cut{0};   // of the received: they were longer than the bound
    std::atomic<std::uint64_t> connections{0};
    std::atomic<std::uint64_t> refused{0};  // connections beyond the most that there may be, or without a TLS handshake
    std::atomic<std::int64_t> last_received_at{0};
};

/// A message that is no event.
struct dead_message {
    std::string raw, peer, reason, details;
    bool was_cut = false;
    siem::timestamp received_at = 0;
};

/// Keeps what is no event, in the transaction of the events beside it. May run more than once.
using dead_message_keeper = std::function<result<void>(write_session&, const std::vector<dead_message>&)>;

struct message_store_options {
    log_sink log;
    std::string name = "syslog";                              ///< what a line of the log begins with
    std::shared_ptr<const siem::mappings_in_force> mappings;  ///< null: events are read by the builtin ones
    std::shared_ptr<message_format> format;                   ///< null: syslog
    dead_message_keeper keep_dead = nullptr;                  ///< without one, what is no event is stored as text
    std::shared_ptr<std::size_t> held_by_all = nullptr;       ///< bytes that several stores of one thread hold together
};

/// Puts messages together into parts and has the writer store them: those of some milliseconds, or as many as fill a part.
/// A part that could not be stored is tried again until it is, or `give_up` was called. Belongs to the thread that runs
/// its context.
class message_store {
public:
    message_store(boost::asio::io_context& io, database& store, message_store_options settings, counts& counted);
    ~message_store();

    /// What was stored, or what waits was given up: there may be room again.
    std::function<void()> on_room;

    /// No more should come until `on_room`.
    bool is_full() const noexcept {
        return bytes_held() >= held_bytes_max || (held_by_all_ && *held_by_all_ >= held_by_all_max);
    }
    /// What a socket that is closed still has may be taken beyond that.
    bool is_overfull() const noexcept { return bytes_held() >= 2 * held_bytes_max; }
    void add(std::string_view message, std::string_view peer, bool was_cut);
    /// One that there is no room for.
    void drop() noexcept { counts_.dropped.fetch_add(1, std::memory_order_relaxed); }
    /// From now on messages are read so. Mappings that are not null are used instead of those in force.
    void use(std::shared_ptr<message_format> format, std::shared_ptr<const siem::event_mappings> mappings);

    /// Stores all that waits now; `done` is called once none is left.
    void finish(std::function<void()> done);
    /// What waits is dropped, but for a part that the writer has already.
    void give_up();

    static constexpr std::size_t held_bytes_max = 16u << 20;
    static constexpr std::size_t held_by_all_max = 64u << 20;

private:
    struct store_work;
    // What one job stores.
    struct batch {
        std::optional<siem::event_part> part;
        std::vector<dead_message> dead;
        std::size_t bytes = 0;

        bool is_empty() const noexcept { return !part && dead.empty(); }
        std::uint64_t messages() const noexcept {
            return dead.size() + (part ? static_cast<std::uint64_t>(part->events) : 0);
        }
    };

    std::size_t bytes_held() const noexcept { return parts_.bytes_held() + dead_bytes_ + writing_.bytes; }
    void note_held() noexcept;
    void read(std::string_view message, const message_origin& from);
    bool take(const message_origin& from);
    void refuse(std::string_view message, const message_origin& from);
    void fill_columns();
    void arm();
    void write_next();
    void fill_batch();
    void stored(const result<committed<siem::stored_part>>& outcome);
    void retry(const error& why);
    void settle();

    boost::asio::io_context& io_;
    database& store_;
    log_sink log_;
    std::string name_;
    counts& counts_;
    siem::uuid_generator fresh_id_;
    std::shared_ptr<const siem::mappings_in_force> mappings_;
    std::uint64_t mappings_stamp_ = 0;  // of those that `reader_` uses
    bool has_own_mappings_ = false;
    std::shared_ptr<message_format> format_;
    dead_message_keeper keep_dead_;
    siem::event_reader reader_;
    siem::event_parts parts_;
    siem::new_event read_;
    read_text text_;
    std::vector<dead_message> dead_;
    std::size_t dead_bytes_ = 0;
    boost::asio::steady_timer gather_, again_;
    bool gathers_ = false, is_writing_ = false, waits_ = false, gives_up_ = false;
    batch writing_;  // read by the writer while `is_writing_`
    siem::reply ignored_;
    std::function<void()> finished_;
    std::string last_failure_;
    std::shared_ptr<std::size_t> held_by_all_;
    std::size_t held_noted_ = 0;  // of this store, in `held_by_all_`
};

}  // namespace carrel::syslog
