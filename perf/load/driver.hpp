#pragma once

#include "load/latency.hpp"
#include "load/traffic.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace carrel::load {

using clock = std::chrono::steady_clock;

struct driver_settings {
    boost::asio::ip::tcp::endpoint server;
    std::size_t connections = 1;
    std::optional<double> rate;  // requests a second, whatever the server makes of them; none: one after the other
    std::chrono::nanoseconds warm_up{0};
    std::chrono::nanoseconds duration{0};   // after the warm-up
    std::optional<std::uint64_t> requests;  // ends after so many, if that comes first
};

struct driver_result {
    latency_histogram all;
    std::map<request_kind, latency_histogram> by_kind;
    std::map<std::pair<std::string_view, int>, std::uint64_t> answers;  // by method and status, the warm-up's too
    clock::time_point last_answer;
    std::uint64_t wrong = 0;       // answers with another status or body than they must have
    std::uint64_t broken = 0;      // connections that failed, and what was on its way on them
    std::uint64_t unanswered = 0;  // at the end
};

/// One thread's share of a load: connections that send requests and check the answers.
///
/// With a rate, requests are due at equal distances and sent by the connection that has been free for longest. A latency counts from when
/// the request was due, not from when a connection was free to send it: a server that stalls is not spared the requests
/// that it kept from being sent (coordinated omission).
class driver {
public:
    driver(boost::asio::io_context& context, const driver_settings& settings, traffic asked);
    ~driver();

    /// Connects and sends from `begin` on; the context runs until the last answer, or 10 s after the end.
    void start(clock::time_point begin);

    const driver_result& result() const noexcept { return result_; }
    /// Answers so far, for whoever watches from another thread.
    std::uint64_t answered() const noexcept { return answered_.load(std::memory_order_relaxed); }

private:
    class connection;

    void free(connection& one);
    void send_due();
    void arm();
    bool is_over(clock::time_point due) const noexcept {
        return due >= end_ || (settings_.requests && sent_ >= *settings_.requests);
    }
    clock::time_point next_due() const noexcept;
    void note(const request& asked, clock::time_point due, int status, bool is_right);
    void end();

    boost::asio::io_context& context_;
    driver_settings settings_;
    traffic traffic_;
    clock::time_point begin_, measured_from_, end_;
    std::vector<std::unique_ptr<connection>> connections_;
    std::deque<connection*> idle_;
    std::uint64_t sent_ = 0;
    std::size_t busy_ = 0;  // connections with a request on its way
    bool is_ending_ = false;
    boost::asio::steady_timer due_timer_;
    boost::asio::steady_timer end_timer_;
    bool is_armed_ = false;
    driver_result result_;
    std::atomic<std::uint64_t> answered_{0};
};

}  // namespace carrel::load
