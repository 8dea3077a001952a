#include "http/net/shard_loop.hpp"

#include "http/protocol/response.hpp"

#include <boost/asio/post.hpp>

#include <unistd.h>

#include <exception>

namespace carrel::http {

shard_loop::shard_loop(server_context& server)
    : server_(&server),
      context_(server, io_),
      poller_(io_, [this] { read_clocks(); }),
      sweeper_(io_),
      receive_buffer_(std::make_unique<char[]>(receive_bytes)) {
    read_clocks();
}

shard_loop::~shard_loop() {
    for (auto* each : retired_) delete each;
}

std::future<result<void>> shard_loop::start() {
    std::promise<result<void>> ready;
    auto outcome = ready.get_future();
    thread_ = std::thread([this, told = std::move(ready)]() mutable { run(std::move(told)); });
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
    if (serves) {
        poller_.start();
        sweep_later();
    }
    ready.set_value(std::move(attached));
    if (serves) serve();
    resident_.reset();
    end_.set_value();
}

// A handler that throws (memory, in all likelihood) costs its connection, not the server.
void shard_loop::serve() {
    for (;;) {
        try {
            io_.run();
            return;
        } catch (const std::exception& e) {
            context_.log(log_level::error, std::string("a shard's handler threw: ") + e.what());
        }
    }
}

void shard_loop::join() {
    if (thread_.joinable()) thread_.join();
}

void shard_loop::adopt(int descriptor) {
    boost::asio::post(io_, [this, descriptor] { add(descriptor); });
}

void shard_loop::add(int descriptor) {
    if (has_ended_) {
        ::close(descriptor);
        server_->connections.fetch_sub(1, std::memory_order_relaxed);
        return;
    }
    auto made = std::make_unique<connection>(*this, descriptor);
    auto& added = *made.release();
    added.next = connections_;
    if (connections_ != nullptr) connections_->previous = &added;
    connections_ = &added;
    if (poller_.add(descriptor, added)) added.close();
    else if (is_draining_) added.begin_drain();
}

void shard_loop::retire(connection& closed) {
    (closed.previous != nullptr ? closed.previous->next : connections_) = closed.next;
    if (closed.next != nullptr) closed.next->previous = closed.previous;
    server_->connections.fetch_sub(1, std::memory_order_relaxed);
    retired_.push_back(&closed);
    ask_after_turn();
}

void shard_loop::defer(connection& later) {
    if (later.is_deferred) return;
    later.is_deferred = true;
    deferred_.push_back(&later);
    ask_after_turn();
}

void shard_loop::ask_after_turn() {
    if (std::exchange(after_turn_asked_, true)) return;
    boost::asio::post(io_, [this] { after_turn(); });
}

void shard_loop::after_turn() {
    after_turn_asked_ = false;
    due_.swap(deferred_);
    for (auto* each : due_) {
        each->is_deferred = false;
        each->after_turn();
    }
    due_.clear();
    // Who was deferred while closing stays until its turn.
    std::erase_if(retired_, [](connection* each) {
        if (each->is_deferred) return false;
        delete each;
        return true;
    });
    if (!retired_.empty()) ask_after_turn();
    end_if_drained();
}

void shard_loop::begin_drain() {
    boost::asio::post(io_, [this] {
        is_draining_ = true;
        for (auto* each = connections_; each != nullptr;) {
            auto* const following = each->next;
            each->begin_drain();
            each = following;
        }
        end_if_drained();
    });
}

void shard_loop::cut() {
    boost::asio::post(io_, [this] {
        is_draining_ = true;
        while (connections_ != nullptr) connections_->close();
        end_if_drained();
    });
}

void shard_loop::end_if_drained() {
    if (!is_draining_ || connections_ != nullptr || has_ended_) return;
    has_ended_ = true;
    poller_.stop();
    sweeper_.cancel();
}

void shard_loop::read_clocks() {
    now_ = std::chrono::steady_clock::now();
    const auto wall = server_->clock();
    context_.set_now(wall);
    if (const auto second = wall / 1'000'000; second != date_second_) {
        date_second_ = second;
        date_line_ = date_line_of(wall);
    }
}

void shard_loop::sweep_later() {
    sweeper_.expires_after(server_->bounds.sweep_interval);
    sweeper_.async_wait([this](const error_code& ec) {
        if (ec || has_ended_) return;
        sweep();
        sweep_later();
    });
}

void shard_loop::sweep() {
    read_clocks();
    for (auto* each = connections_; each != nullptr;) {
        auto* const following = each->next;
        each->sweep(now_);
        each = following;
    }
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
