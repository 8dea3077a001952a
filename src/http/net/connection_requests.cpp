#include "http/net/connection.hpp"
#include "http/net/shard_loop.hpp"
#include "http/pipeline/admission.hpp"
#include "http/pipeline/body_stream.hpp"
#include "http/pipeline/dispatch.hpp"
#include "http/protocol/forwarded.hpp"

#include <utility>

namespace carrel::http {

bool connection::parse_kept() {
    if (kept_.empty() || !may_parse()) return false;
    const auto used = consume(std::string_view(kept_).substr(kept_at_));
    kept_at_ += used;
    if (kept_at_ == kept_.size()) {
        shard_->recycle(kept_);
        kept_at_ = 0;
    } else if (kept_at_ > kept_.size() / 2) {
        kept_.erase(0, kept_at_);
        kept_at_ = 0;
    }
    return used > 0;
}

// Parses what it may. The number of bytes used.
std::size_t connection::consume(std::string_view bytes) {
    const auto given = bytes.size();
    while (may_parse() && begin_request(bytes)) {
        bytes.remove_prefix(parser_->put(bytes));
        const bool was_done = parser_->is_done();
        after_put(bytes);
        if (!was_done) break;
    }
    if (parser_) parser_->own_views();
    return given - bytes.size();
}

// False if there is nothing to parse. Empty lines before a request are skipped, as RFC 9112 2.2 requires.
bool connection::begin_request(std::string_view& bytes) {
    if (current_ == nullptr)
        while (bytes.starts_with("\r\n")) bytes.remove_prefix(2);
    if (bytes.empty() || (current_ == nullptr && bytes == "\r")) return false;
    if (current_ != nullptr) return true;
    current_ = &shard_->context().make_exchange();
    current_->owner = this;
    current_->credential = &credential_;
    auto& request = current_->request;
    request.found_at = shard_->now();
    request.is_proxied = is_proxied_;
    request.client_address = peer_;
    request.is_tls = stream_.is_tls();
    if (request.is_tls) request.client_certificate = stream_.certificate();
    parser_.emplace(static_cast<request_sink&>(*this), shard_->server().bounds);
    on(connection_event::request_begun);
    receive_timer_.begin(awaiting::head, shard_->now());
    return true;
}

void connection::after_put(std::string_view rest) {
    const auto fault = parser_->fault();
    const bool is_stuck = !parser_->is_done() && rest.size() >= shard_->server().bounds.head_bytes_max;
    if (fault == framing_fault::target_too_long)
        return cut_request(refusal::uri_too_long, "The request target is too long.");
    if (fault == framing_fault::head_too_large || (is_stuck && !parser_->has_head()))
        return cut_request(refusal::head_too_large, "The request head is too large.");
    if (fault == framing_fault::malformed || is_stuck)
        return cut_request(refusal::bad_request, "The request is malformed.");
    if (!current_->is_done() && !hold_body(*current_)) return cut_request(refusal::overloaded, too_much_in_flight);
    if (parser_->is_done()) return complete_request();
    // Refused, and its body is too long to be read over.
    if (current_->is_done() && current_->response.closes) enqueue_current();
}

void connection::on_head(const request_head& head) {
    on(connection_event::head_complete);
    receive_timer_.begin(awaiting::body, shard_->now());
    if (is_proxied_)
        current_->request.client_address =
            client_behind_proxy(head[field::forwarded_for], peer_, shard_->server().trusted_proxies);
    admit(*current_, head);
    current_->credential = nullptr;
}

void connection::on_body(std::string_view bytes) {
    auto& ex = *current_;
    ex.request.awaits_continue = false;
    ex.request.body_seen += bytes.size();
    receive_timer_.received(bytes.size(), shard_->now());
    if (ex.request.body_use == body_use::stream && !ex.is_done()) return ex.stream->take(bytes);
    if (ex.request.body_seen > body_bytes_max(ex)) {
        ex.refuse_body(refusal::too_large, "The body is larger than this server takes.");
        ex.response.closes = true;
    }
    if (ex.request.body_use == body_use::collect && !ex.is_done()) ex.request.body.append(bytes);
}

void connection::complete_request() {
    auto& ex = *current_;
    ++requests_;
    if (!ex.request.keep_alive || requests_ >= shard_->server().bounds.requests_per_connection_max)
        ex.response.closes = true;
    if (ex.request.trace.is_kept) ex.times.whole = std::chrono::steady_clock::now();
    if (!ex.is_done()) prepare(ex);
    if (ex.stream && !ex.is_done()) ex.stream->end(body_stream::end_reason::complete);
    enqueue_current();
    if (ex.is_done()) return;
    if (ex.request.endpoint->writes() || ex.request.endpoint->may_answer_long()) alone_ = &ex;
    if (ex.request.endpoint->writes() && running_ > 0) waiting_ = &ex;
    else {
        ex.times.begun = ex.times.whole;
        launch(ex);
    }
}

// The request will not be complete: its bytes are wrong, have ended, or come too slowly.
void connection::cut_request(refusal why, std::string_view detail) {
    auto& ex = *current_;
    on(connection_event::input_stopped);
    // A stream says how much of it was accepted, once the parts under way are stored.
    if (ex.stream && !ex.is_done()) return ex.stream->end(body_stream::end_reason_of(why));
    if (ex.request.id.empty()) shard_->context().name_request(ex.request.id);
    // Where the head is not whole its request line may be; the response to HEAD has no body then, too.
    if (!parser_->has_head()) ex.request.method = method_of(parser_->method());
    ex.refuse_body(why, detail);
    ex.response.closes = true;
    enqueue_current();
}

void connection::enqueue_current() {
    auto& ex = *current_;
    current_ = nullptr;
    parser_.reset();
    on(connection_event::request_over);
    if (ex.response.closes) on(connection_event::input_stopped);
    (last_ != nullptr ? last_->next : first_) = &ex;
    last_ = &ex;
    ++pipelined_;
}

void connection::launch(exchange& ex) {
    ++running_;
    if (ex.request.trace.is_kept && ex.times.begun == request_times::time_point())
        ex.times.begun = std::chrono::steady_clock::now();
    start(ex);
    if (ex.is_done()) --running_;
    else if (ex.stream && ex.stream->has_yielded()) shard_->defer(*this);
}

void connection::complete() {
    --running_;
    if (waiting_ != nullptr && running_ == 0) launch(*std::exchange(waiting_, nullptr));
    if (!first_->is_done()) return;
    // Others may complete in this very turn: one write for all of them.
    if (running_ > 0) shard_->defer(*this);
    else drive();
}

// Moves a streamed body on, once earlier requests are done.
void connection::advance_stream() {
    if (alone_ != nullptr && alone_->stream && alone_->stage == stage::running) {
        if (alone_->stream->pump() == body_stream::progress::yielded) shard_->defer(*this);
        if (alone_->is_done()) --running_;
    }
    if (current_ == nullptr || !current_->stream || running_ > 0) return;
    if (!current_->is_done() && current_->stream->pump() == body_stream::progress::yielded) shard_->defer(*this);
    if (!current_->is_done()) return;
    current_->response.closes = true;  // answered before its body was read
    enqueue_current();
}

bool connection::may_parse() const noexcept {
    if (!may_read(state_) || waiting_ != nullptr || alone_ != nullptr) return false;
    if (pipelined_ >= shard_->server().bounds.pipeline_max) return false;
    return current_ == nullptr || !current_->stream || current_->is_done() || current_->stream->wants_bytes();
}

}  // namespace carrel::http
