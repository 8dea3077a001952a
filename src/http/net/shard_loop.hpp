#pragma once

#include "http/net/connection.hpp"
#include "http/net/poller.hpp"
#include "http/pipeline/shard_context.hpp"
#include "http/server_context.hpp"

#include <carrel/database.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <deque>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace carrel::http {

/// One thread that serves its share of the sockets, with its own resident reader.
class shard_loop {
public:
    explicit shard_loop(server_context& server);
    shard_loop(const shard_loop&) = delete;
    shard_loop& operator=(const shard_loop&) = delete;
    /// The thread must have been joined.
    ~shard_loop();

    // Any thread.
    /// Starts the thread; ready once its reader has opened, or failed to.
    std::future<result<void>> start();
    /// Takes a connected, non-blocking socket. With `others` an idle connection is closed for it, here or on the first
    /// of the others that has one; if none has, it is turned away.
    void adopt(const accepted_socket& socket, std::vector<shard_loop*> others = {}, bool is_over_limit = false);
    /// Takes a socket only to answer that it is over `limit` and close it.
    void turn_away(const accepted_socket& socket, over_limit limit);
    /// Sockets that its thread has not taken yet.
    std::size_t pending() const noexcept { return pending_.load(std::memory_order_relaxed); }
    /// Takes them back, for another shard: this one stands still.
    std::vector<accepted_socket> take_back();
    void begin_drain();
    /// Closes every connection. The thread ends once its jobs have completed.
    void cut();
    /// Whether the thread has ended by then.
    bool wait_until(steady_time deadline) { return ended_.wait_until(deadline) == std::future_status::ready; }
    void join();

    // The shard's thread only, from here on.
    server_context& server() noexcept { return *server_; }
    shard_context& context() noexcept { return context_; }
    steady_time now() const noexcept { return now_; }
    std::string_view standing_fields() const noexcept { return standing_fields_; }
    bool drain_grace_is_over() const noexcept { return drain_grace_is_over_; }

    /// Room to receive into, valid until control returns to the loop.
    std::span<char> receive_buffer() noexcept { return {receive_buffer_.get(), receive_bytes}; }
    /// An empty string to put responses in, valid as above.
    std::string& send_buffer();

    /// Buffers that connections keep for a while only.
    void fill(std::string& into, std::string_view bytes);
    void recycle(std::string& done) noexcept;

    /// Calls `connection::after_turn` once what is due in this turn has run.
    void defer(connection& later);
    /// Calls `connection::step_handshake` in a turn soon. Signing costs as much as dozens of point reads, so of all
    /// handshakes only a few steps are taken a turn.
    void queue_handshake(connection& later);
    /// Frees a closed connection once nothing on the stack can refer to it.
    void retire(connection& closed);

private:
    static constexpr std::size_t receive_bytes = 64 * 1024;
    static constexpr std::size_t kept_room_max = 64 * 1024;
    static constexpr std::size_t spare_buffers_max = 64;

    result<void> attach();
    void run(std::promise<result<void>> ready);
    void serve();
    void read_clocks();
    void sweep_later();
    void sweep();
    void check_itself();
    void after_turn();
    void ask_after_turn();
    void step_handshakes();
    connection* add(const accepted_socket& socket);
    void take_arrivals();
    void add_in_place_of_idle(const accepted_socket& socket, std::vector<shard_loop*> others);
    void turn_away_here(const accepted_socket& socket, over_limit limit);
    bool close_an_idle_one();
    void release(const accepted_socket& socket);
    void end_drain_grace();
    void end_if_drained();
    template <class Step>
    void for_each_connection(Step step);

    server_context* server_;
    boost::asio::io_context io_{1};
    std::thread thread_;
    std::promise<void> end_;
    std::future<void> ended_ = end_.get_future();

    struct arrival {
        accepted_socket socket;
        std::vector<shard_loop*> others;
        bool is_over_limit = false;
    };
    std::mutex arrivals_mutex_;
    std::vector<arrival> arrivals_;
    std::atomic<std::size_t> pending_{0};  // their number

    // Touched only by the shard's thread.
    shard_context context_;
    poller poller_;
    boost::asio::steady_timer sweeper_;
    boost::asio::steady_timer drain_grace_;
    std::optional<shard> resident_;
    steady_time now_;
    siem::timestamp standing_second_ = -1;
    std::string standing_fields_;
    std::unique_ptr<char[]> receive_buffer_;
    std::string send_buffer_;
    std::vector<std::string> spare_buffers_;
    connection* connections_ = nullptr;
    connection* idle_search_ = nullptr;  // where the last search for an idle connection ended
    std::vector<connection*> deferred_;
    std::vector<connection*> due_;        // deferred_ while it is worked off
    std::deque<connection*> handshakes_;  // whose next step is due
    std::vector<connection*> retired_;
    bool after_turn_wanted_ = false;
    bool sweep_is_due_ = false;
    bool is_draining_ = false;
    bool drain_grace_is_over_ = false;
    bool has_ended_ = false;
};

}  // namespace carrel::http
