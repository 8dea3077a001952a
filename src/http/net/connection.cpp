#include "http/net/connection.hpp"

#include "http/net/shard_loop.hpp"
#include "http/pipeline/admission.hpp"
#include "http/pipeline/dispatch.hpp"
#include "http/pipeline/event_post.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <utility>

namespace carrel::http {

namespace {

// Receives a turn: one connection must not keep the shard from the others.
constexpr int receives_a_turn = 2;
// Turns between the end of input and the cancelling of reads. Reads of the turn in which a request and the end arrived
// together run right after it; who shuts down its side after asking still wants the answer.
constexpr std::uint8_t turns_before_cancel = 2;

}  // namespace

connection::connection(shard_loop& home, int descriptor) noexcept
    : home_(&home),
      descriptor_(descriptor) {
    read_clock_.since = home.now();
}

// Whatever throws (memory, in all likelihood) costs this connection only.
template <class Step>
void connection::guarded(Step&& step) {
    try {
        step();
    } catch (const std::exception& e) {
        home_->context().log(log_level::error, std::string("a connection was given up: ") + e.what());
        is_driving_ = false;
        close();
    }
}

void connection::on_events(std::uint32_t events) {
    guarded([&] { take_events(events); });
}

void connection::take_events(std::uint32_t events) {
    if (is_closed()) return;
    if ((events & EPOLLERR) != 0) return close();
    if ((events & (EPOLLRDHUP | EPOLLHUP)) != 0) peer_has_shut_ = true;
    if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP)) != 0) is_readable_ = true;
    if ((events & EPOLLOUT) != 0 && !unsent_.empty()) write_more();
    if (is_closed()) return;
    if (is_lingering_) linger();
    else drive();
}

// The one loop that moves a connection on: feeds, parses, answers, reads.
void connection::drive() {
    if (is_driving_ || is_closed() || is_lingering_) return;
    is_driving_ = true;
    int receives = 0;
    for (bool more = true; more && !is_closed() && !is_lingering_;) {
        pump_events();
        more = parse_kept();
        pump_events();
        more = flush() || more;  // room in the pipeline
        if (is_closed() || is_lingering_ || !is_readable_ || !may_parse()) continue;
        if (++receives > receives_a_turn) {
            home_->defer(*this);
            break;
        }
        more = receive() || more;
    }
    is_driving_ = false;
    settle();
}

bool connection::receive() {
    const auto buffer = home_->receive_buffer();
    const auto count = ::recv(descriptor_, buffer.data(), buffer.size(), 0);
    if (count > 0) {
        const std::string_view bytes(buffer.data(), static_cast<std::size_t>(count));
        is_readable_ = bytes.size() == buffer.size() || peer_has_shut_;
        if (kept_.empty()) {
            const auto used = consume(bytes);
            if (used < bytes.size()) home_->fill(kept_, bytes.substr(used));
        } else {
            kept_.append(bytes);
        }
        return true;
    }
    is_readable_ = false;
    if (count == 0) at_end_ = true;
    else if (errno == EINTR) is_readable_ = true;
    else if (errno != EAGAIN && errno != EWOULDBLOCK) close();
    return false;
}

bool connection::parse_kept() {
    if (kept_.empty() || !may_parse()) return false;
    const auto used = consume(std::string_view(kept_).substr(kept_at_));
    kept_at_ += used;
    if (kept_at_ == kept_.size()) {
        home_->recycle(kept_);
        kept_at_ = 0;
    } else if (kept_at_ > kept_.size() / 2) {
        kept_.erase(0, kept_at_);
        kept_at_ = 0;
    }
    return used > 0;
}

// Parses what it may and tells how much it used.
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

// False if there is nothing to parse. Empty lines before a request are skipped, as RFC 9112 2.2 asks.
bool connection::begin_request(std::string_view& bytes) {
    if (current_ == nullptr)
        while (bytes.starts_with("\r\n")) bytes.remove_prefix(2);
    if (bytes.empty() || (current_ == nullptr && bytes == "\r")) return false;
    if (current_ != nullptr) return true;
    current_ = &home_->context().take_exchange();
    current_->owner = this;
    parser_.emplace(static_cast<request_sink&>(*this), home_->server().bounds);
    read_clock_ = {reading::head, home_->now(), 0};
    return true;
}

void connection::after_put(std::string_view rest) {
    const auto fault = parser_->fault();
    const bool is_stuck = !parser_->is_done() && rest.size() >= home_->server().bounds.head_bytes_max;
    if (fault == framing_fault::target_too_long)
        return cut_request(refusal::uri_too_long, "The request target is too long.");
    if (fault == framing_fault::head_too_large || (is_stuck && !parser_->has_head()))
        return cut_request(refusal::head_too_large, "The request head is too large.");
    if (fault == framing_fault::malformed || is_stuck)
        return cut_request(refusal::bad_request, "The request is malformed.");
    if (parser_->is_done()) return complete_request();
    // Refused, and its body is too long to be read over.
    if (current_->at == stage::done && current_->must_close) enqueue_current();
}

void connection::on_head(const request_head& head) {
    admit(*current_, head);
    wants_continue_ = current_->expects_continue && current_->at != stage::done;
    read_clock_ = {reading::body, home_->now(), 0};
}

void connection::on_body(std::string_view bytes) {
    auto& ex = *current_;
    wants_continue_ = false;
    read_clock_.bytes += bytes.size();
    ex.body_seen += bytes.size();
    if (ex.use == body_use::stream && ex.at != stage::done) return ex.events->take(bytes);
    if (ex.body_seen > home_->server().bounds.body_bytes_max) {
        if (ex.at != stage::done) ex.refuse(refusal::too_large, "The body is larger than this server takes.");
        ex.must_close = true;
    }
    if (ex.use == body_use::collect && ex.at != stage::done) ex.body.append(bytes);
}

void connection::complete_request() {
    auto& ex = *current_;
    ++requests_;
    if (!ex.keep_alive || requests_ >= home_->server().bounds.requests_per_connection_max) ex.must_close = true;
    if (ex.at != stage::done) prepare(ex);
    if (ex.events && ex.at != stage::done) ex.events->end(false);
    enqueue_current();
    if (ex.at == stage::done) return;
    if (ex.to->writes() && running_ > 0) waiting_ = &ex;
    else launch(ex);
}

// The request will not be complete: its bytes are wrong or have ended.
void connection::cut_request(refusal why, std::string_view detail) {
    auto& ex = *current_;
    input_is_over_ = true;
    if (ex.events && ex.at != stage::done) return ex.events->end(true);  // it tells what was accepted
    if (ex.request_id.empty()) home_->context().name_request(ex.request_id);
    if (ex.at != stage::done) ex.refuse(why, detail);
    ex.must_close = true;
    enqueue_current();
}

void connection::enqueue_current() {
    auto& ex = *current_;
    current_ = nullptr;
    parser_.reset();
    wants_continue_ = false;
    if (ex.must_close) input_is_over_ = true;
    (last_ != nullptr ? last_->next : first_) = &ex;
    last_ = &ex;
    ++pipelined_;
}

void connection::launch(exchange& ex) {
    ++running_;
    mutation_runs_ = ex.to->writes();
    start(ex);
    if (ex.at == stage::done) {
        --running_;
        mutation_runs_ = false;
    }
}

void connection::exchange_done(exchange& done) {
    guarded([&] { take_done(done); });
}

void connection::exchange_advanced(exchange& advanced) {
    guarded([&] { take_advanced(advanced); });
}

void connection::take_done(exchange& done) {
    --running_;
    if (done.to->writes()) mutation_runs_ = false;
    if (waiting_ != nullptr && running_ == 0) launch(*std::exchange(waiting_, nullptr));
    if (first_->at != stage::done) return;
    // Others may come home in this very turn: one write for all of them.
    if (running_ > 0) home_->defer(*this);
    else drive();
}

void connection::take_advanced(exchange& advanced) {
    if (&advanced == current_) return drive();
    advanced.events->pump();
    if (advanced.at == stage::done) take_done(advanced);
}

// Moves a streamed body on, once earlier requests are done.
void connection::pump_events() {
    if (current_ == nullptr || !current_->events || running_ > 0) return;
    if (current_->at != stage::done) current_->events->pump();
    if (current_->at != stage::done) return;
    current_->must_close = true;  // answered before its body was read
    enqueue_current();
}

bool connection::may_parse() const noexcept {
    if (is_closed() || input_is_over_ || waiting_ != nullptr || mutation_runs_ || !unsent_.empty()) return false;
    if (pipelined_ >= home_->server().bounds.pipeline_max) return false;
    return current_ == nullptr || !current_->events || current_->at == stage::done || current_->events->wants_bytes();
}

bool connection::is_idle() const noexcept { return current_ == nullptr && first_ == nullptr && unsent_.empty(); }

void connection::settle() {
    if (is_closed() || is_lingering_) return;
    if (at_end_) settle_end_of_input();
    if (is_closed() || is_lingering_ || current_ != nullptr) return;
    if (!is_idle()) read_clock_.what = reading::nothing;
    else if (home_->server().draining.load(std::memory_order_relaxed)) close();
    else if (read_clock_.what != reading::idle) read_clock_ = {reading::idle, home_->now(), 0};
}

void connection::settle_end_of_input() {
    if (may_parse()) {  // so what is left, if anything, is the beginning of a request
        input_is_over_ = true;
        if (current_ != nullptr) {
            cut_request(refusal::bad_request, "The request was cut off.");
            pump_events();
            flush();
        }
    }
    if (is_closed() || is_lingering_) return;
    if (is_idle()) return close();
    if (turns_to_cancel_ == 0 && running_ > 0) {
        turns_to_cancel_ = turns_before_cancel;
        home_->defer(*this);
    }
}

void connection::after_turn() {
    guarded([this] { take_turn(); });
}

void connection::take_turn() {
    if (is_closed()) return;
    if (is_lingering_) return linger();
    if (turns_to_cancel_ > 0) {
        if (--turns_to_cancel_ > 0) home_->defer(*this);
        else cancel_reads();
    }
    drive();
}

// The client has left: what it asked for is not worth reading.
void connection::cancel_reads() {
    turns_to_cancel_ = UINT8_MAX;  // once is enough
    for (auto* each = first_; each != nullptr; each = each->next)
        if (each->busy && !each->to->writes()) each->left.emit(boost::asio::cancellation_type::terminal);
}

void connection::begin_drain() {
    if (is_closed() || is_lingering_) return;
    is_readable_ = true;  // a request may have arrived that we were not told of yet
    guarded([this] { drive(); });
}

void connection::sweep(steady_time now) {
    if (is_closed()) return;
    const auto& bounds = home_->server().bounds;
    if (is_lingering_) {
        if (linger_has_expired(write_clock_, bounds, now)) close();
        return;
    }
    if (!unsent_.empty() && has_expired(write_clock_, bounds, now)) return close();
    // A client cannot be slow while it is us who do not read.
    if (current_ != nullptr && !may_parse()) read_clock_ = {read_clock_.what, now, 0};
    else if (has_expired(read_clock_, bounds, now)) close();
}

void connection::close() {
    if (is_closed()) return;
    ::close(descriptor_);
    descriptor_ = -1;
    for (auto* each = std::exchange(first_, nullptr); each != nullptr;) {
        auto* const following = each->next;
        each->abandon();
        each = following;
    }
    if (current_ != nullptr) std::exchange(current_, nullptr)->abandon();
    parser_.reset();
    home_->recycle(kept_);
    home_->recycle(unsent_);
    home_->retire(*this);
}

}  // namespace carrel::http
