#include "http/net/connection.hpp"
#include "http/net/shard_loop.hpp"
#include "http/pipeline/dispatch.hpp"
#include "http/protocol/response_bytes.hpp"

#include <utility>

namespace carrel::http {

namespace {

// Responses beyond this wait until the client has taken what is before them.
constexpr std::size_t send_bytes_max = 1u << 20;

}  // namespace

// Writes the responses that are ready and in turn as one buffer. True if there were some.
bool connection::flush() {
    if (!may_write(state_)) return false;
    auto& out = shard_->send_buffer();
    append_responses(out);
    if (current_ != nullptr && current_->request.awaits_continue && first_ == nullptr && may_write(state_) &&
        !current_->is_done()) {
        out.append(continue_response);
        current_->request.awaits_continue = false;
    }
    if (out.empty()) return false;
    send_now(out);
    return true;
}

exchange& connection::take_first() {
    auto& ex = *first_;
    first_ = ex.next;
    if (first_ == nullptr) last_ = nullptr;
    if (alone_ == &ex) alone_ = nullptr;
    --pipelined_;
    return ex;
}

// Appends the piece that is ready and has the next one made while this one is on its way. True at the end.
bool connection::append_stream(std::string& out, exchange& ex) {
    if (!ex.has_piece) return false;
    if (!std::exchange(ex.has_head, true)) {
        if (!ex.request.is_http11 && !ex.response.has_length)
            ex.response.closes = true;  // the end of the body is that of the connection
        shard_->context().count(ex.request, ex.response);
        ex.is_answered = true;
        append_stream_head(out, ex.request, ex.response, shard_->standing_fields(), ex.response.closes);
    }
    // Without its end the client knows that something is missing.
    if (ex.is_cut_off) {
        ex.response.closes = true;
        return true;
    }
    const bool is_head_request = ex.request.method == method::head;
    if (!is_head_request && !ex.response.reply.body.empty()) {
        append_piece(out, ex.request, ex.response, ex.response.reply.body);
        ex.sent_bytes += ex.response.reply.body.size();
    }
    if (!is_last_piece(ex) && !is_head_request) {
        start_piece(ex);
        return false;
    }
    if (!is_head_request) append_stream_end(out, ex.request, ex.response);
    ex.is_whole = true;
    return true;
}

void connection::append_responses(std::string& out) {
    while (first_ != nullptr && may_write(state_) && out.size() < send_bytes_max) {
        if (first_->stage == stage::streaming) {
            if (!append_stream(out, *first_)) return;
            auto& ended = take_first();
            --running_;
            if (ended.response.closes) on(connection_event::last_response);
            shard_->context().retire(ended);
            continue;
        }
        if (!first_->is_done()) return;
        auto& ex = take_first();
        const bool drains =
            first_ == nullptr && current_ == nullptr && shard_->server().draining.load(std::memory_order_relaxed);
        const bool closes = ex.response.closes || drains;
        if (closes) on(connection_event::last_response);
        shard_->context().count(ex.request, ex.response);
        shard_->context().pack(ex.request, ex.response);
        append_response(out, ex.request, ex.response, shard_->standing_fields(), closes);
        ex.is_answered = ex.is_whole = true;
        if (ex.response.content != content::none && ex.request.method != method::head)
            ex.sent_bytes = ex.response.reply.body.size();
        shard_->context().retire(ex);
    }
}

void connection::send_now(std::string_view bytes) {
    queued_ += bytes.size();
    const auto sent = stream_.send(bytes);
    if (sent.status == io_status::failed) return close();
    if (sent.count < bytes.size()) return keep_unsent(bytes.substr(sent.count));
    if (state_.sending == sending::last) begin_linger();
}

void connection::send_more() {
    const auto rest = std::string_view(unsent_).substr(unsent_at_);
    const auto sent = stream_.send(rest);
    if (sent.status == io_status::failed) return close();
    unsent_at_ += sent.count;
    if (unsent_at_ < unsent_.size()) return;
    drop_unsent();
    on(connection_event::send_done);
    if (state_.sending == sending::last) begin_linger();
}

void connection::keep_unsent(std::string_view bytes) {
    shard_->fill(unsent_, bytes);
    unsent_at_ = 0;
    shard_->server().unsent_bytes.fetch_add(unsent_.size(), std::memory_order_relaxed);
    on(connection_event::send_blocked);
}

void connection::drop_unsent() noexcept {
    if (!unsent_.empty()) shard_->server().unsent_bytes.fetch_sub(unsent_.size(), std::memory_order_relaxed);
    shard_->recycle(unsent_);
    unsent_at_ = 0;
}

// Closing with bytes unread would reset the connection, and the client might lose the response: read on until it closes.
void connection::begin_linger() {
    if (stream_.at_end()) return close();
    stream_.shutdown_send();
    on(connection_event::linger);
    send_timer_.since = send_timer_.progress = shard_->now();
    shard_->recycle(kept_);
    kept_at_ = 0;
    stream_.expect_bytes();
    shard_->defer(*this);
}

}  // namespace carrel::http
