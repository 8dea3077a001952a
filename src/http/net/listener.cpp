#include "http/net/listener.hpp"

#include "http/net/refusals.hpp"

#include <boost/asio/post.hpp>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <exception>
#include <utility>

namespace carrel::http {

namespace {

using tcp = boost::asio::ip::tcp;

constexpr int accepts_a_turn = 64;
constexpr std::chrono::milliseconds pause_time{50};
constexpr std::chrono::milliseconds arrival_time_max{50};  // for a shard to take a socket

int open_spare() noexcept { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }

bool is_out_of_resources(int code) noexcept {
    return code == EMFILE || code == ENFILE || code == ENOBUFS || code == ENOMEM;
}

bool is_below_reserve(const std::string& path, const limits& bounds) noexcept {
    struct statvfs disk {};
    if (::statvfs(path.c_str(), &disk) != 0) return false;
    const auto unit = static_cast<std::uint64_t>(disk.f_frsize);
    const auto share = disk.f_blocks * unit / 100 * bounds.disk_reserve_percent_max;
    return disk.f_bavail * unit < std::min(bounds.disk_reserve_bytes, share);
}

}  // namespace

listener::listener(server_context& server, std::vector<bound_socket> sockets)
    : server_(&server),
      pause_(io_),
      disk_timer_(io_),
      arrival_timer_(io_),
      spare_(open_spare()) {
    for (auto& each : sockets) {
        tcp::acceptor acceptor(io_, each.endpoint().protocol(), each.release());
        sockets_.push_back({std::move(acceptor)});
    }
    const auto path = server.store->stats().database_path;
    if (::access(path.c_str(), F_OK) == 0) disk_path_ = path;
}

listener::~listener() {
    stop();
    if (spare_ >= 0) ::close(spare_);
}

void listener::start(std::vector<shard_loop*> shards) {
    shards_ = std::move(shards);
    watch_disk();
    for (auto& each : sockets_) wait(each);
    thread_ = std::thread([this] { run(); });
}

// What throws (memory, in all likelihood) costs a moment, not the listener.
void listener::run() {
    for (;;) {
        try {
            io_.run();
            return;
        } catch (const std::exception& e) {
            if (server_->log) server_->log(log_level::error, std::string("the listener failed: ") + e.what());
            if (is_open()) pause();
        }
    }
}

void listener::begin_stop(std::function<void()> then) {
    boost::asio::post(io_, [this, then = std::move(then)] {
        if (is_open()) {
            pause_.cancel();
            disk_timer_.cancel();
            arrival_timer_.cancel();
            for (auto& each : sockets_) {
                while (accept_one(each)) {
                }
                error_code ignored;
                each.acceptor.close(ignored);
            }
        }
        then();
    });
}

void listener::stop() {
    if (!thread_.joinable()) return;
    begin_stop([] {});
    thread_.join();
}

std::vector<int> listener::duplicates() {
    std::vector<int> made;
    for (auto& each : sockets_) {
        const int copy = ::fcntl(each.acceptor.native_handle(), F_DUPFD_CLOEXEC, 0);
        if (copy >= 0) made.push_back(copy);
    }
    return made;
}

void listener::wait(listening& on) {
    if (std::exchange(on.is_waiting, true)) return;
    on.acceptor.async_wait(tcp::acceptor::wait_read, [this, &on](const error_code& ec) {
        on.is_waiting = false;
        if (!ec && on.acceptor.is_open()) accept_ready(on);
    });
}

void listener::accept_ready(listening& on) {
    for (int i = 0; i < accepts_a_turn; ++i) {
        if (accept_one(on)) continue;
        if (is_out_of_resources(errno)) return pause();
        break;
    }
    wait(on);
}

// False with errno set if none was taken.
bool listener::accept_one(listening& on) {
    tcp::endpoint from;
    auto size = static_cast<socklen_t>(from.capacity());
    const int descriptor = ::accept4(on.acceptor.native_handle(), from.data(), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor >= 0) {
        from.resize(size);
        const auto peer = peer_address::from(from.address());
        const auto& proxies = server_->trusted_proxies;
        deal({descriptor, peer, std::find(proxies.begin(), proxies.end(), peer) != proxies.end()});
        return true;
    }
    if (errno == ECONNABORTED || errno == EINTR || errno == EPROTO) return true;
    if (errno == EMFILE || errno == ENFILE) return give_up_one(on);
    return false;
}

// Closes one waiting connection with the spare descriptor's room, so that its client learns at once.
bool listener::give_up_one(listening& on) {
    const int reason = errno;
    if (spare_ >= 0) ::close(spare_);
    const int descriptor = ::accept4(on.acceptor.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor >= 0) {
        ::close(descriptor);
        ++server_->turned_away_counts.unanswered;
    }
    spare_ = open_spare();
    errno = reason;
    return false;
}

void listener::pause() {
    pause_.expires_after(pause_time);
    pause_.async_wait([this](const error_code& ec) {
        if (ec || !is_open()) return;
        for (auto& each : sockets_) accept_ready(each);
    });
}

void listener::deal(const accepted_socket& socket) {
    const auto open = server_->connections.fetch_add(1, std::memory_order_relaxed);
    const auto of_address = server_->addresses.add(socket.peer);
    if (of_address > per_address_max(server_->bounds, socket.peer))
        return next_shard().turn_away(socket, over_limit::of_address);
    deal_within_limits(socket, open >= server_->bounds.connections_max);
}

void listener::deal_within_limits(const accepted_socket& socket, bool is_over_limit) {
    auto& shard = next_shard();
    std::vector<shard_loop*> others;
    for (auto* each : shards_)
        if (is_over_limit && each != &shard) others.push_back(each);
    shard.adopt(socket, std::move(others), is_over_limit);
    watch_arrivals();
}

void listener::watch_arrivals() {
    if (shards_.size() < 2 || std::exchange(watches_arrivals_, true)) return;
    arrival_timer_.expires_after(arrival_time_max);
    arrival_timer_.async_wait([this](const error_code& ec) {
        watches_arrivals_ = false;
        if (!ec && is_open()) deal_again();
    });
}

// What a shard has not taken in all that time goes to one that takes turns.
void listener::deal_again() {
    const auto now = std::chrono::steady_clock::now();
    bool any_pending = false;
    for (std::size_t i = 0; i < shards_.size(); ++i) {
        if (shards_[i]->pending() == 0) continue;
        any_pending = true;
        if (now - server_->shards[i]->last_turn.load(std::memory_order_relaxed) < arrival_time_max) continue;
        for (const auto& socket : shards_[i]->take_back())
            deal_within_limits(socket,
                               server_->connections.load(std::memory_order_relaxed) > server_->bounds.connections_max);
    }
    if (any_pending) watch_arrivals();
}

shard_loop& listener::next_shard() {
    const auto first = turn_++;
    auto* chosen = shards_[first % shards_.size()];
    for (std::size_t i = 1; i < shards_.size() && chosen->pending() > 0; ++i) {
        auto* const other = shards_[(first + i) % shards_.size()];
        if (other->pending() < chosen->pending()) chosen = other;
    }
    return *chosen;
}

void listener::watch_disk() {
    if (disk_path_.empty()) return;
    server_->storage_is_low.store(is_below_reserve(disk_path_, server_->bounds), std::memory_order_relaxed);
    disk_timer_.expires_after(server_->bounds.sweep_interval);
    disk_timer_.async_wait([this](const error_code& ec) {
        if (!ec && is_open()) watch_disk();
    });
}

}  // namespace carrel::http
