#include "http/net/connection.hpp"
#include "http/net/shard_loop.hpp"
#include "http/protocol/response.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>

namespace carrel::http {

namespace {

// Replies beyond this wait until the client has taken what is before them.
constexpr std::size_t send_bytes_max = 1u << 20;

}  // namespace

// Writes the replies that are ready and in turn as one buffer. True if there were some.
bool connection::flush() {
    if (is_closed() || !unsent_.empty()) return false;
    auto& out = home_->send_buffer();
    if (!append_replies(out)) {
        close();
        return false;
    }
    if (wants_continue_ && first_ == nullptr && !closes_when_sent_) {
        out.append(continue_response);
        wants_continue_ = false;
    }
    if (out.empty()) return false;
    send_now(out);
    return true;
}

// False if a reply was given up because the client has left.
bool connection::append_replies(std::string& out) {
    while (first_ != nullptr && first_->at == stage::done && !closes_when_sent_ && out.size() < send_bytes_max) {
        auto& ex = *first_;
        if (ex.was_cancelled && at_end_) return false;
        first_ = ex.next;
        if (first_ == nullptr) last_ = nullptr;
        --pipelined_;
        const bool is_last = first_ == nullptr && current_ == nullptr;
        const bool drains = is_last && home_->server().draining.load(std::memory_order_relaxed);
        closes_when_sent_ = ex.must_close || drains;
        if (closes_when_sent_) input_is_over_ = true;
        home_->context().counts().add(ex.how, ex.status);
        append_response(out, ex, home_->date_line(), closes_when_sent_);
        home_->context().give_back(ex);
    }
    return true;
}

void connection::send_now(std::string_view bytes) {
    const auto count = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) return close();
    const auto sent = count < 0 ? std::size_t{0} : static_cast<std::size_t>(count);
    if (sent == bytes.size()) return all_written();
    home_->fill(unsent_, bytes.substr(sent));
    unsent_at_ = 0;
    const auto now = home_->now();
    write_clock_ = {now, now};
    // Interrupted or not: the edge that tells of room has not come yet, or it will.
    if (errno == EINTR && count < 0) home_->defer(*this);
}

void connection::write_more() {
    const auto rest = std::string_view(unsent_).substr(unsent_at_);
    const auto count = ::send(descriptor_, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (count < 0) {
        if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) close();
        return;
    }
    unsent_at_ += static_cast<std::size_t>(count);
    write_clock_.progress = home_->now();
    if (unsent_at_ < unsent_.size()) return;
    home_->recycle(unsent_);
    unsent_at_ = 0;
    all_written();
}

void connection::all_written() {
    if (closes_when_sent_) begin_linger();
}

// Closing with bytes unread would reset the connection, and the client might lose the reply: read on until it closes.
void connection::begin_linger() {
    if (at_end_) return close();
    ::shutdown(descriptor_, SHUT_WR);
    is_lingering_ = true;
    const auto now = home_->now();
    write_clock_ = {now, now};
    home_->recycle(kept_);
    kept_at_ = 0;
    is_readable_ = true;
    home_->defer(*this);
}

void connection::linger() {
    const auto buffer = home_->receive_buffer();
    for (int i = 0; i < 16 && is_readable_; ++i) {
        const auto count = ::recv(descriptor_, buffer.data(), buffer.size(), 0);
        if (count == 0 || (count < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) return close();
        if (count > 0) write_clock_.progress = home_->now();
        is_readable_ = count > 0 || errno == EINTR;
    }
    if (is_readable_) home_->defer(*this);
}

}  // namespace carrel::http
