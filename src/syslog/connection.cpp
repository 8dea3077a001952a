#include "syslog/connection.hpp"

#include <boost/asio/post.hpp>

#include <utility>

namespace carrel::syslog {

namespace asio = boost::asio;

namespace {

constexpr int turn_reads_max = 16;  // before others have their turn

}  // namespace

connection::connection(receiver_context& context, socket from)
    : context_(context),
      socket_(std::move(from)),
      framing_(context.message_bytes_max),
      last_at_(clock::now()) {
    error_code ec;
    const auto peer = socket_.remote_endpoint(ec);
    if (!ec) peer_ = peer.address().to_string();
    socket_.non_blocking(true, ec);
}

bool connection::open(const tls_context& tls) {
    const int descriptor = socket_.native_handle();
    stream_ = tls ? make_tls_stream(descriptor, tls) : make_plain_stream(descriptor);
    return stream_ != nullptr;
}

void connection::go_on() {
    if (is_waiting_ || has_ended_ || context_.store.is_full()) return;
    is_waiting_ = true;
    auto next = [self = shared_from_this()](const error_code& ec) {
        self->is_waiting_ = false;
        if (!ec && !self->has_ended_) self->take_turn();
    };
    // The socket does not tell of what has been decrypted already.
    if (stream_->has_buffered()) asio::post(context_.io, [next = std::move(next)] { next({}); });
    else socket_.async_wait(wants_write_ ? socket::wait_write : socket::wait_read, std::move(next));
}

void connection::take_turn() {
    for (int i = 0; i < turn_reads_max && !context_.store.is_full(); ++i)
        if (!receive()) break;
    if (has_ended_) return end_and_tell();
    go_on();
}

// False if nothing has come, or it is over.
bool connection::receive() {
    if (has_ended_) return false;
    const auto got = stream_->read(buffer_);
    wants_write_ = got.state == byte_stream::state::wants_write;
    if (got.state == byte_stream::state::ended) end();
    if (got.state != byte_stream::state::bytes) return false;
    last_at_ = clock::now();
    bytes_taken_ += got.size;
    std::string_view bytes(buffer_.data(), got.size);
    while (framing_.next(bytes)) add();
    return true;
}

void connection::end_if_idle(clock::time_point now) {
    if (has_ended_) return;
    // What waits for room has not been idle.
    if (context_.store.is_full()) last_at_ = now;
    const auto bound = stream_->is_open() ? context_.idle_time_max : handshake_time_max;
    if (bound.count() == 0 || now - last_at_ < bound) return;
    end();
    end_and_tell();
}

void connection::drain() {
    error_code ec;
    // No more than is here: a sender that never pauses would never let it end.
    const std::size_t until = bytes_taken_ + socket_.available(ec) + buffer_.size();
    while (bytes_taken_ < until && !context_.store.is_overfull() && receive()) {
    }
    if (!has_ended_) end();
}

// A last message may lack its end.
void connection::end() {
    has_ended_ = true;
    if (!stream_->is_open()) context_.counted.refused.fetch_add(1, std::memory_order_relaxed);
    if (framing_.finish()) add();
    error_code ignored;
    socket_.close(ignored);
}

void connection::end_and_tell() {
    const auto self = shared_from_this();
    if (on_end) std::exchange(on_end, nullptr)(*this);
}

void connection::add() {
    context_.counted.received_tcp.fetch_add(1, std::memory_order_relaxed);
    context_.store.add(framing_.message(), peer_, framing_.was_cut());
}

}  // namespace carrel::syslog
