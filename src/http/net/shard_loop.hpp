#pragma once

#include "http/net/connection.hpp"
#include "http/net/poller.hpp"
#include "http/pipeline/shard_context.hpp"
#include "http/server_context.hpp"

#include <carrel/database.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <future>
#include <memory>
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
    boost::asio::io_context& io() noexcept { return io_; }
    /// Starts the thread; ready tells whether its reader opened.
    std::future<result<void>> start();
    /// Takes a connected, non-blocking socket.
    void adopt(int descriptor);
    void begin_drain();
    /// Closes every connection. The thread ends once jobs on the way have come home.
    void cut();
    /// Whether the thread has ended by then.
    bool wait_until(steady_time deadline) { return ended_.wait_until(deadline) == std::future_status::ready; }
    void join();

    // The shard's thread only, from here on.
    server_context& server() noexcept { return *server_; }
    shard_context& context() noexcept { return context_; }
    steady_time now() const noexcept { return now_; }
    std::string_view date_line() const noexcept { return date_line_; }

    /// Room to receive into, valid until control returns to the loop.
    std::span<char> receive_buffer() noexcept { return {receive_buffer_.get(), receive_bytes}; }
    /// An empty string to put replies in, valid as above.
    std::string& send_buffer();

    /// Buffers that connections keep for a while only.
    void fill(std::string& into, std::string_view bytes);
    void recycle(std::string& done) noexcept;

    /// Calls `connection::after_turn` once what is due in this turn has run.
    void defer(connection& later);
    /// Frees a closed connection once nobody on the stack can know it.
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
    void after_turn();
    void ask_after_turn();
    void add(int descriptor);
    void end_if_drained();

    server_context* server_;
    boost::asio::io_context io_{1};
    std::thread thread_;
    std::promise<void> end_;
    std::future<void> ended_ = end_.get_future();

    // Touched only by the shard's thread.
    shard_context context_;
    poller poller_;
    boost::asio::steady_timer sweeper_;
    std::optional<shard> resident_;
    steady_time now_;
    siem::timestamp date_second_ = -1;
    std::string date_line_;
    std::unique_ptr<char[]> receive_buffer_;
    std::string send_buffer_;
    std::vector<std::string> spare_buffers_;
    connection* connections_ = nullptr;
    std::vector<connection*> deferred_;
    std::vector<connection*> due_;  // deferred_ while it is worked off
    std::vector<connection*> retired_;
    bool after_turn_asked_ = false;
    bool is_draining_ = false;
    bool has_ended_ = false;
};

}  // namespace carrel::http
