#pragma once

#include "siem/listeners/dead_letters.hpp"
#include "siem/listeners/listener_store.hpp"
#include "syslog/receiver.hpp"

#include <carrel/database.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <span>

namespace carrel::listeners {

/// Keeps dead letters, in a job's transaction.
using letter_keeper = std::function<result<void>(write_session&, std::span<const siem::dead_letter>)>;

/// What all actors of a supervisor share.
struct actor_surroundings {
    boost::asio::io_context& io;
    database& store;
    log_sink log;
    std::shared_ptr<const siem::mappings_in_force> mappings;
    std::function<syslog::tls_context()> tls;  ///< empty: the server has no certificate
    letter_keeper keep_letters;                ///< empty: what is no event is stored as text
    std::shared_ptr<std::size_t> bytes_held;
};

/// Why a listener could not be bound, in a line for an operator.
std::string reason_of(const boost::system::system_error& failure, const siem::stored_listener& of);

/// One listener while it runs: its socket, its format, and what waits to be stored. Belongs to the thread of the context.
class actor {
public:
    /// Binds. Errors: boost::system::system_error, for `reason_of`.
    actor(actor_surroundings& with, const siem::stored_listener& of, syslog::counts& counted);

    void start() { receiver_->start(); }
    /// Takes over what can change while it runs: all but where it listens and for what.
    void use(const siem::stored_listener& of);
    /// Whether `of` is at the same place, and was not started since.
    bool is_as(const siem::stored_listener& of) const noexcept;
    /// About once a second.
    void keep_up();
    /// Takes what has come and stores it; what is not stored by then is dropped and counted. `done` is called once, and the
    /// actor must be kept until handlers that were called for before have run.
    void stop(std::chrono::milliseconds deadline, std::function<void()> done);

    const std::string& url() const noexcept { return url_; }
    bool has_own_mappings() const noexcept { return has_own_mappings_; }

private:
    void report();

    actor_surroundings& with_;
    siem::stored_listener settings_;
    syslog::counts& counted_;
    bool has_own_mappings_ = false;
    syslog::message_store store_;
    syslog::receiver_context context_;
    std::unique_ptr<syslog::receiver> receiver_;
    std::string url_;
    boost::asio::steady_timer deadline_;
    std::chrono::steady_clock::time_point reported_at_{};
    std::uint64_t drops_reported_ = 0, losses_reported_ = 0;
};

}  // namespace carrel::listeners
