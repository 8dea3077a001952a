#include "http/pipeline/held_requests.hpp"

#include "http/pipeline/dispatch.hpp"
#include "http/pipeline/exchange.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <exception>
#include <utility>

namespace carrel::http {

namespace {

// Commits may come by the thousand a second, followers need not be as quick.
constexpr std::chrono::milliseconds pause_min{10};

}  // namespace

held_requests::held_requests(boost::asio::io_context& io)
    : io_(&io),
      expiry_(io),
      pace_(io) {}

void held_requests::note_read(exchange& ex) const noexcept { ex.announced = announced_.load(); }

bool held_requests::hold(exchange& ex) {
    const auto now = clock::now();
    if (!ex.held_until) ex.held_until = now + ex.request.call.wait;
    if (is_draining_ || now >= *ex.held_until) return false;
    held_.push_back(&ex);
    ex.is_held = true;
    count_ = held_.size();
    set_timer();
    // Stored between the read's snapshot and now: this shard was not notified of it.
    if (announced_.load() != ex.announced) wake_soon();
    return true;
}

void held_requests::remove(exchange& ex) noexcept {
    if (!std::exchange(ex.is_held, false)) return;
    std::erase(held_, &ex);
    count_ = held_.size();
}

void held_requests::release(exchange& ex) {
    remove(ex);
    answer_held(ex);
}

void held_requests::drain() {
    is_draining_ = true;
    while (!held_.empty()) release(*held_.back());
    stop();
}

void held_requests::stop() noexcept {
    expiry_.cancel();
    pace_.cancel();
}

void held_requests::look_at(std::uint64_t commit_sequence) {
    if (std::exchange(commit_seen_, commit_sequence) != commit_sequence) wake_soon();
}

void held_requests::announce() noexcept {
    announced_.fetch_add(1);
    if (count_.load() == 0 || is_called_.exchange(true)) return;
    try {
        boost::asio::post(*io_, [this] {
            is_called_ = false;
            wake_soon();
        });
    } catch (...) {
        is_called_ = false;  // the shard's next look at the commits finds it
    }
}

void held_requests::wake_soon() {
    if (held_.empty() || is_pacing_) return;
    const auto due = last_wake_ + pause_min;
    if (clock::now() >= due) {
        // Not here: who holds a request is still at work on it.
        boost::asio::post(*io_, [this] { wake(); });
        return;
    }
    is_pacing_ = true;
    pace_.expires_at(due);
    pace_.async_wait([this](const boost::system::error_code& ec) {
        is_pacing_ = false;
        if (!ec) wake();
    });
}

void held_requests::wake() {
    last_wake_ = clock::now();
    for (auto* each : std::exchange(held_, {})) {
        each->is_held = false;
        try {
            resume_read(*each);
        } catch (const std::exception&) {
            answer_held(*each);  // without memory to look again
        }
    }
    count_ = 0;
}

void held_requests::set_timer() {
    const auto first = std::min_element(held_.begin(), held_.end(), [](const exchange* one, const exchange* other) {
        return *one->held_until < *other->held_until;
    });
    if (first == held_.end() || expiry_.expiry() == *(*first)->held_until) return;
    expiry_.expires_at(*(*first)->held_until);
    expiry_.async_wait([this](const boost::system::error_code& ec) {
        if (!ec) expire();
    });
}

void held_requests::expire() {
    const auto now = clock::now();
    const auto due = [&](const exchange* each) { return now >= *each->held_until; };
    for (auto found = std::find_if(held_.begin(), held_.end(), due); found != held_.end();
         found = std::find_if(held_.begin(), held_.end(), due))
        release(**found);
    set_timer();
}

}  // namespace carrel::http
