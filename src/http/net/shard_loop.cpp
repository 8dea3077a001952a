#include "http/net/shard_loop.hpp"

#include "http/net/refusals.hpp"
#include "http/protocol/response_bytes.hpp"

#include <boost/asio/post.hpp>

#include <unistd.h>

#include <exception>

namespace carrel::http {

shard_loop::shard_loop(server_context& server)
    : server_(&server),
      context_(server, io_),
      poller_(io_, [this] { read_clocks(); }),
      sweeper_(io_),
      drain_grace_(io_),
      receive_buffer_(std::make_unique<char[]>(receive_bytes)) {
    read_clocks();
}

shard_loop::~shard_loop() {
    for (const auto& each : arrivals_) ::close(each.socket.descriptor);  // handed over by a shard that ended later
    for (auto* each : retired_) delete each;
}

std::future<result<void>> shard_loop::start() {
    std::promise<result<void>> ready;
    auto outcome = ready.get_future();
    thread_ = std::thread([this, opened = std::move(ready)]() mutable { run(std::move(opened)); });
    return outcome;
}

result<void> shard_loop::attach() {
    auto resident = shard::attach(*server_->store, io_);
    if (!resident) return resident.error();
    resident_.emplace(std::move(*resident));
    return {};
}

void shard_loop::run(std::promise<result<void>> ready) {
    auto attached = attach();
    const bool serves = attached.has_value();
    ready.set_value(std::move(attached));
    if (serves) serve();
    resident_.reset();
    end_.set_value();
}

// A handler that throws (memory, in all likelihood) costs its connection, not the server.
void shard_loop::serve() {
    for (;;) {
        try {
            // What threw has not requested the next turn, or the next sweep.
            poller_.start();
            sweep_later();
            io_.run();
            return;
        } catch (const std::exception& e) {
            context_.note_failure("a shard's handler threw: ", e.what());
        }
    }
}

void shard_loop::join() {
    if (thread_.joinable()) thread_.join();
}

void shard_loop::adopt(const accepted_socket& socket, std::vector<shard_loop*> others, bool is_over_limit) {
    std::unique_lock lock(arrivals_mutex_);
    arrivals_.push_back({socket, std::move(others), is_over_limit});
    pending_.store(arrivals_.size(), std::memory_order_relaxed);
    if (arrivals_.size() > 1) return;  // the thread has been called already
    lock.unlock();
    boost::asio::post(io_, [this] { take_arrivals(); });
}

void shard_loop::take_arrivals() {
    std::vector<arrival> taken;
    {
        std::lock_guard lock(arrivals_mutex_);
        taken.swap(arrivals_);
        pending_.store(0, std::memory_order_relaxed);
    }
    for (auto& each : taken) {
        if (each.is_over_limit) add_in_place_of_idle(each.socket, std::move(each.others));
        else add(each.socket);
    }
}

std::vector<accepted_socket> shard_loop::take_back() {
    std::vector<accepted_socket> taken;
    std::lock_guard lock(arrivals_mutex_);
    for (const auto& each : arrivals_) taken.push_back(each.socket);
    arrivals_.clear();
    pending_.store(0, std::memory_order_relaxed);
    return taken;
}

void shard_loop::turn_away(const accepted_socket& socket, over_limit limit) {
    boost::asio::post(io_, [this, socket, limit] { turn_away_here(socket, limit); });
}

void shard_loop::turn_away_here(const accepted_socket& socket, over_limit limit) {
    if (server_->turned_away.fetch_add(1, std::memory_order_relaxed) < server_->bounds.turned_away_max) {
        if (auto* added = add(socket)) {
            server_->turned_away_counts.add(limit);
            return added->turn_away(response_to(limit));
        }
    } else {
        ::close(socket.descriptor);
        release(socket);
    }
    server_->turned_away.fetch_sub(1, std::memory_order_relaxed);
    ++server_->turned_away_counts.unanswered;
}

// What counts a socket that got no connection.
void shard_loop::release(const accepted_socket& socket) {
    server_->connections.fetch_sub(1, std::memory_order_relaxed);
    server_->addresses.remove(socket.peer);
}

connection* shard_loop::add(const accepted_socket& socket) {
    if (has_ended_) {
        ::close(socket.descriptor);
        release(socket);
        return nullptr;
    }
    auto& added = *std::make_unique<connection>(*this, socket).release();
    added.next = connections_;
    if (connections_ != nullptr) connections_->previous = &added;
    connections_ = &added;
    if (poller_.add(socket.descriptor, added)) {
        added.close();
        return nullptr;
    }
    if (is_draining_) added.begin_drain();
    return added.is_closed() ? nullptr : &added;
}

void shard_loop::add_in_place_of_idle(const accepted_socket& socket, std::vector<shard_loop*> others) {
    // Another one may have closed by itself meanwhile.
    const bool has_room = server_->connections.load(std::memory_order_relaxed) <= server_->bounds.connections_max;
    if (has_room || close_an_idle_one()) {
        add(socket);
    } else if (others.empty()) {
        turn_away_here(socket, over_limit::all);
    } else {
        auto* const next = others.back();
        others.pop_back();
        next->adopt(socket, std::move(others), true);
    }
}

// Goes on where the last search ended, so that a crowd of busy connections is not walked through for each newcomer.
bool shard_loop::close_an_idle_one() {
    constexpr int looks_max = 64;
    for (int i = 0; i < looks_max && connections_ != nullptr; ++i) {
        auto* const seen = idle_search_ != nullptr ? idle_search_ : connections_;
        idle_search_ = seen->next;
        if (!seen->is_turned_away && seen->give_way()) return true;
    }
    return false;
}

void shard_loop::retire(connection& closed) {
    (closed.previous != nullptr ? closed.previous->next : connections_) = closed.next;
    if (closed.next != nullptr) closed.next->previous = closed.previous;
    if (idle_search_ == &closed) idle_search_ = closed.next;
    if (closed.is_turned_away) server_->turned_away.fetch_sub(1, std::memory_order_relaxed);
    server_->connections.fetch_sub(1, std::memory_order_relaxed);
    server_->addresses.remove(closed.peer());
    retired_.push_back(&closed);
    ask_after_turn();
}

void shard_loop::defer(connection& later) {
    if (later.is_deferred) return;
    later.is_deferred = true;
    deferred_.push_back(&later);
    ask_after_turn();
}

void shard_loop::queue_handshake(connection& later) {
    if (later.is_in_handshake_queue) return;
    handshakes_.push_back(&later);
    later.is_in_handshake_queue = true;
    ask_after_turn();
}

// The others wait for a turn in which what is ready of all connections has been served in between.
void shard_loop::step_handshakes() {
    const auto steps_max = server_->bounds.handshake_steps_a_turn;
    for (std::size_t steps = 0; steps < steps_max && !handshakes_.empty();) {
        auto& next = *handshakes_.front();
        handshakes_.pop_front();
        next.is_in_handshake_queue = false;
        if (next.is_closed()) continue;
        next.step_handshake();
        ++steps;
    }
    if (!handshakes_.empty()) ask_after_turn();
}

void shard_loop::ask_after_turn() {
    if (std::exchange(after_turn_wanted_, true)) return;
    boost::asio::post(io_, [this] { after_turn(); });
}

void shard_loop::after_turn() {
    after_turn_wanted_ = false;
    due_.swap(deferred_);
    for (auto* each : due_) {
        each->is_deferred = false;
        each->after_turn();
    }
    due_.clear();
    step_handshakes();
    // One that was deferred while closing stays until its turn.
    std::erase_if(retired_, [](connection* each) {
        if (each->is_deferred || each->is_in_handshake_queue) return false;
        delete each;
        return true;
    });
    if (!retired_.empty()) ask_after_turn();
    end_if_drained();
}

// A step may close its connection, but no other.
template <class Step>
void shard_loop::for_each_connection(Step step) {
    for (auto* each = connections_; each != nullptr;) {
        auto* const following = each->next;
        step(*each);
        each = following;
    }
}

void shard_loop::begin_drain() {
    boost::asio::post(io_, [this] {
        is_draining_ = true;
        context_.held().drain();
        for_each_connection([](connection& each) { each.begin_drain(); });
        drain_grace_.expires_after(server_->bounds.drain_idle_time);
        drain_grace_.async_wait([this](const error_code& ec) {
            if (!ec && !has_ended_) end_drain_grace();
        });
        end_if_drained();
    });
}

void shard_loop::end_drain_grace() {
    read_clocks();
    drain_grace_is_over_ = true;
    for_each_connection([](connection& each) { each.end_drain_grace(); });
    end_if_drained();
}

void shard_loop::cut() {
    boost::asio::post(io_, [this] {
        is_draining_ = true;
        context_.held().stop();
        while (connections_ != nullptr) connections_->close();
        end_if_drained();
    });
}

void shard_loop::end_if_drained() {
    if (!is_draining_ || connections_ != nullptr || has_ended_) return;
    has_ended_ = true;
    poller_.stop();
    sweeper_.cancel();
    drain_grace_.cancel();
    context_.held().stop();
}

void shard_loop::read_clocks() {
    now_ = std::chrono::steady_clock::now();
    const auto wall = server_->clock();
    context_.set_now(wall);
    context_.status().last_turn.store(now_, std::memory_order_relaxed);
    if (const auto second = wall / 1'000'000; second != standing_second_) {
        standing_second_ = second;
        standing_fields_ = http::standing_fields(wall);
    }
}

void shard_loop::sweep_later() {
    if (has_ended_ || std::exchange(sweep_is_due_, true)) return;
    sweeper_.expires_after(server_->bounds.sweep_interval);
    sweeper_.async_wait([this](const error_code& ec) {
        sweep_is_due_ = false;
        if (ec || has_ended_) return;
        sweep();
        sweep_later();
    });
}

void shard_loop::sweep() {
    read_clocks();
    check_itself();
    if (auto& held = context_.held(); !held.is_empty()) held.look_at(server_->store->stats().writer.commit_sequence);
    const auto now = now_;
    for_each_connection([now](connection& each) { each.sweep(now); });
}

// After a failure of its own a shard is not ready again before it can do what requests need.
void shard_loop::check_itself() {
    auto& status = context_.status();
    if (status.works.load(std::memory_order_relaxed)) return;
    if (context_.can_parse()) status.works.store(true, std::memory_order_relaxed);
}

std::string& shard_loop::send_buffer() {
    if (send_buffer_.capacity() > 2 * kept_room_max) std::string().swap(send_buffer_);
    else send_buffer_.clear();
    return send_buffer_;
}

void shard_loop::fill(std::string& into, std::string_view bytes) {
    if (into.capacity() < bytes.size() && !spare_buffers_.empty()) {
        into.swap(spare_buffers_.back());
        spare_buffers_.pop_back();
    }
    into.assign(bytes);
}

void shard_loop::recycle(std::string& done) noexcept {
    std::string empty;
    done.clear();
    done.swap(empty);
    constexpr std::size_t worth_keeping = 256;
    if (empty.capacity() < worth_keeping || empty.capacity() > kept_room_max ||
        spare_buffers_.size() >= spare_buffers_max)
        return;
    spare_buffers_.push_back(std::move(empty));
}

}  // namespace carrel::http
