#pragma once

#include "http/net/bound_socket.hpp"
#include "http/net/shard_loop.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace carrel::http {

/// Accepts on a thread of its own, so that a shard that is busy keeps nobody out, and deals sockets to the shards: to the
/// one with the fewest on their way, in turn among equals; those that a shard does not take, since it stands still, are dealt
/// again. Over a limit it has an idle connection closed or the newcomer refused. Also watches the disk's free space, which
/// might block a shard.
class listener {
public:
    listener(server_context& server, std::vector<bound_socket> sockets);
    listener(const listener&) = delete;
    listener& operator=(const listener&) = delete;
    /// As `stop`.
    ~listener();

    void start(std::vector<shard_loop*> shards);
    /// Takes what has already connected, closes, then calls `then` on the listener's thread. Returns at once.
    void begin_stop(std::function<void()> then);
    /// Joins the thread.
    void stop();
    /// The sockets once more, under descriptors of the caller's that stay open when these are closed: clients that connect
    /// meanwhile wait. Those of the descriptors that could be had; before `stop`.
    std::vector<int> duplicates();

private:
    struct listening {
        boost::asio::ip::tcp::acceptor acceptor;
        bool is_waiting = false;
    };

    void run();
    bool is_open() const noexcept { return sockets_.front().acceptor.is_open(); }
    void wait(listening& on);
    void accept_ready(listening& on);
    bool accept_one(listening& on);
    bool give_up_one(listening& on);
    void pause();
    void deal(const accepted_socket& socket);
    void deal_within_limits(const accepted_socket& socket, bool is_over_limit);
    void watch_arrivals();
    void deal_again();
    shard_loop& next_shard();
    void watch_disk();

    server_context* server_;
    boost::asio::io_context io_{1};
    std::vector<listening> sockets_;  // at least one; closed together
    boost::asio::steady_timer pause_;
    boost::asio::steady_timer disk_timer_;
    boost::asio::steady_timer arrival_timer_;
    bool watches_arrivals_ = false;
    std::string disk_path_;  // empty: no file whose disk could fill
    std::vector<shard_loop*> shards_;
    std::size_t turn_ = 0;
    // Held so that with no descriptor left one can still be taken and closed: the queue moves on instead of spinning.
    int spare_;
    std::thread thread_;
};

}  // namespace carrel::http
