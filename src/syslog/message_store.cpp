#include "syslog/message_store.hpp"

#include <carrel/as_result.hpp>

#include <boost/asio/bind_executor.hpp>

#include <chrono>
#include <utility>

namespace carrel::syslog {

namespace {

// A part for each message would be many; nobody waits for one.
constexpr std::chrono::milliseconds gather_time{50};
constexpr std::size_t gather_bytes = 1u << 20;
constexpr std::chrono::milliseconds deadline{5'000};

siem::timestamp system_now() {
    using namespace std::chrono;
    return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

}  // namespace

struct message_store::store_work {
    message_store* of;
    result<siem::stored_part> operator()(write_session& session) const {
        return siem::store(session, *of->writing_, of->ignored_);
    }
};

message_store::message_store(boost::asio::io_context& io, database& store, log_sink log, counts& counted,
                             std::shared_ptr<const siem::mappings_in_force> mappings)
    : io_(io),
      store_(store),
      log_(std::move(log)),
      counts_(counted),
      mappings_(std::move(mappings)),
      parts_(
          0, [this] { return fresh_id_.next(); }, std::nullopt),
      gather_(io),
      again_(io) {
    reader_.read_envelopes(true);
}

void message_store::add(std::string_view message, std::string_view peer, bool was_cut) {
    if (was_cut) counts_.cut.fetch_add(1, std::memory_order_relaxed);
    if (mappings_ && mappings_->stamp() != mappings_stamp_) {
        mappings_stamp_ = mappings_->stamp();
        reader_.use(mappings_->current());
    }
    const siem::timestamp now = system_now();
    read_message(message, now, peer, was_cut, text_);
    if (reader_.read(text_.json, now, read_) != siem::event_reader::verdict::accepted) {
        // What was made is JSON, so this is a fault of ours: it must not be silent.
        drop();
        if (log_) log_(log_level::error, "syslog: a message could not be read: " + reader_.why());
        return;
    }
    if (text_.at) read_.at = *text_.at;
    parts_.set_received_at(now);
    if (parts_.is_full_for(text_.json.size())) parts_.end({}, false);
    parts_.add(read_, text_.json, {}, reader_.was_untimed() && !text_.at);
    if (parts_.has_complete() || parts_.bytes_growing() >= gather_bytes) write_next();
    else arm();
}

void message_store::arm() {
    if (std::exchange(gathers_, true)) return;
    gather_.expires_after(gather_time);
    gather_.async_wait([this](const error_code& ec) {
        gathers_ = false;
        if (!ec) write_next();
    });
}

void message_store::write_next() {
    if (is_writing_ || waits_) return;
    if (!writing_) {
        if (!parts_.has_complete() && !parts_.is_empty()) parts_.end({}, false);
        writing_ = parts_.take();
        writing_bytes_ = writing_ ? writing_->bytes : 0;
    }
    if (!writing_) return settle();
    is_writing_ = true;
    job_options settings;
    settings.priority = priority::bulk;
    settings.deadline = deadline;
    settings.bytes = writing_->bytes;
    auto done = [this](const result<committed<siem::stored_part>>& outcome) { stored(outcome); };
    store_.async_write(store_work{this}, settings,
                       as_result(boost::asio::bind_executor(io_.get_executor(), std::move(done))));
}

void message_store::stored(const result<committed<siem::stored_part>>& outcome) {
    is_writing_ = false;
    if (!outcome) return retry(outcome.error());
    counts_.stored.fetch_add(static_cast<std::uint64_t>(writing_->events), std::memory_order_relaxed);
    if (!last_failure_.empty() && log_) log_(log_level::info, "syslog: messages are stored again");
    last_failure_.clear();
    writing_.reset();
    writing_bytes_ = 0;
    if (gives_up_) return give_up();
    // More than gathering would have waited for has come meanwhile, or it goes on.
    if (parts_.has_complete() || parts_.bytes_growing() >= gather_bytes || finished_) write_next();
    else if (!parts_.is_empty()) arm();  // its time may have passed while the writer had the last part
    if (on_room) on_room();
}

void message_store::retry(const error& why) {
    if (why.message() != last_failure_ && log_)
        log_(log_level::warning, "syslog: messages wait, since they could not be stored: " + why.message());
    last_failure_ = why.message();
    if (gives_up_) return give_up();
    waits_ = true;
    again_.expires_after(std::chrono::milliseconds(200));
    again_.async_wait([this](const error_code& ec) {
        waits_ = false;
        if (!ec) write_next();
    });
}

void message_store::finish(std::function<void()> done) {
    finished_ = std::move(done);
    gather_.cancel();
    write_next();
}

void message_store::give_up() {
    gives_up_ = true;
    again_.cancel();
    if (is_writing_) return;
    if (!parts_.is_empty()) parts_.end({}, true);
    if (!writing_) writing_ = parts_.take();
    std::uint64_t lost = 0;
    for (; writing_; writing_ = parts_.take()) lost += static_cast<std::uint64_t>(writing_->events);
    writing_bytes_ = 0;
    counts_.dropped.fetch_add(lost, std::memory_order_relaxed);
    if (lost > 0 && log_)
        log_(log_level::error, "syslog: " + std::to_string(lost) + " messages are lost: " + last_failure_);
    settle();
}

void message_store::settle() {
    if (finished_ && !is_writing_) std::exchange(finished_, nullptr)();
}

}  // namespace carrel::syslog
