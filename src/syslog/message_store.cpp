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
constexpr std::size_t dead_overhead = 256;  // of memory, beside the bytes that came

siem::timestamp system_now() {
    using namespace std::chrono;
    return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

}  // namespace

struct message_store::store_work {
    message_store* of;
    result<siem::stored_part> operator()(write_session& session) const {
        const batch& all = of->writing_;
        if (!all.dead.empty())
            if (auto kept = of->keep_dead_(session, all.dead); !kept) return kept.error();
        if (!all.part) return siem::stored_part();
        return siem::store(session, *all.part, of->ignored_);
    }
};

message_store::message_store(boost::asio::io_context& io, database& store, message_store_options settings,
                             counts& counted)
    : io_(io),
      store_(store),
      log_(std::move(settings.log)),
      name_(std::move(settings.name)),
      counts_(counted),
      mappings_(std::move(settings.mappings)),
      format_(settings.format ? std::move(settings.format) : std::make_shared<syslog_format>()),
      keep_dead_(std::move(settings.keep_dead)),
      parts_(
          0, [this] { return fresh_id_.next(); }, std::nullopt),
      gather_(io),
      again_(io),
      held_by_all_(std::move(settings.held_by_all)) {
    reader_.read_envelopes(format_->is_envelope());
}

message_store::~message_store() {
    if (held_by_all_) *held_by_all_ -= held_noted_;
}

void message_store::use(std::shared_ptr<message_format> format, std::shared_ptr<const siem::event_mappings> mappings) {
    format_ = std::move(format);
    reader_.read_envelopes(format_->is_envelope());
    has_own_mappings_ = mappings != nullptr;
    mappings_stamp_ = 0;
    reader_.use(std::move(mappings));
}

void message_store::note_held() noexcept {
    if (!held_by_all_) return;
    *held_by_all_ += bytes_held() - held_noted_;
    held_noted_ = bytes_held();
}

void message_store::add(std::string_view message, std::string_view peer, bool was_cut) {
    if (was_cut) counts_.cut.fetch_add(1, std::memory_order_relaxed);
    if (mappings_ && !has_own_mappings_ && mappings_->stamp() != mappings_stamp_) {
        mappings_stamp_ = mappings_->stamp();
        reader_.use(mappings_->current());
    }
    const message_origin from{peer, system_now(), was_cut};
    counts_.last_received_at.store(from.received_at, std::memory_order_relaxed);
    read(message, from);
    note_held();
    if (parts_.has_complete() || parts_.bytes_growing() + dead_bytes_ >= gather_bytes) write_next();
    else arm();
}

void message_store::read(std::string_view message, const message_origin& from) {
    format_->read(message, from, text_);
    if (text_.reason.empty() && take(from)) return;
    if (keep_dead_) return refuse(message, from);
    const std::string reason = text_.reason;
    format_->read_raw(message, from, reason, text_);
    if (take(from)) return;
    // What was made is JSON, so this is a fault of ours: it must not be silent.
    drop();
    if (log_) log_(log_level::error, name_ + ": a message could not be read: " + text_.details);
}

// False if what was made of a message is no event, which the text then says.
bool message_store::take(const message_origin& from) {
    if (reader_.read(text_.json, from.received_at, read_) != siem::event_reader::verdict::accepted) {
        text_.reason = "not an event";
        text_.details = reader_.why();
        return false;
    }
    if (text_.at) read_.at = *text_.at;
    fill_columns();
    parts_.set_received_at(from.received_at);
    if (parts_.is_full_for(text_.json.size())) parts_.end({}, false);
    parts_.add(read_, text_.json, {}, reader_.was_untimed() && !text_.at);
    return true;
}

void message_store::fill_columns() {
    const auto fill = [](std::optional<std::string>& column, std::optional<std::string>& otherwise) {
        if (!column && otherwise) column.swap(otherwise);
    };
    fill(read_.source, text_.source);
    fill(read_.host, text_.host);
    fill(read_.event_code, text_.event_code);
    fill(read_.severity, text_.severity);
}

void message_store::refuse(std::string_view message, const message_origin& from) {
    dead_.push_back({std::string(message), std::string(from.peer), std::move(text_.reason), std::move(text_.details),
                     from.was_cut, from.received_at});
    dead_bytes_ += message.size() + dead_overhead;
}

void message_store::arm() {
    if (std::exchange(gathers_, true)) return;
    gather_.expires_after(gather_time);
    gather_.async_wait([this](const error_code& ec) {
        gathers_ = false;
        if (!ec) write_next();
    });
}

void message_store::fill_batch() {
    if (!parts_.has_complete() && !parts_.is_empty()) parts_.end({}, false);
    writing_.part = parts_.take();
    writing_.dead = std::exchange(dead_, {});
    writing_.bytes = std::exchange(dead_bytes_, 0) + (writing_.part ? writing_.part->bytes : 0);
}

void message_store::write_next() {
    if (is_writing_ || waits_) return;
    if (writing_.is_empty()) fill_batch();
    if (writing_.is_empty()) return settle();
    is_writing_ = true;
    static constexpr named_origin origin("task", "syslog");
    job_options settings;
    settings.origin = &origin;
    settings.priority = priority::bulk;
    settings.deadline = deadline;
    settings.bytes = writing_.bytes;
    auto done = [this](const result<committed<siem::stored_part>>& outcome) { stored(outcome); };
    store_.async_write(store_work{this}, settings,
                       as_result(boost::asio::bind_executor(io_.get_executor(), std::move(done))));
}

void message_store::stored(const result<committed<siem::stored_part>>& outcome) {
    is_writing_ = false;
    if (!outcome) return retry(outcome.error());
    counts_.dead_letters.fetch_add(writing_.dead.size(), std::memory_order_relaxed);
    counts_.stored.fetch_add(writing_.messages() - writing_.dead.size(), std::memory_order_relaxed);
    if (!last_failure_.empty() && log_) log_(log_level::info, name_ + ": messages are stored again");
    last_failure_.clear();
    writing_ = {};
    note_held();
    if (gives_up_) return give_up();
    // More than gathering would have waited for has come meanwhile, or it goes on.
    if (parts_.has_complete() || parts_.bytes_growing() + dead_bytes_ >= gather_bytes || finished_) write_next();
    else if (!parts_.is_empty() || !dead_.empty())
        arm();  // its time may have passed while the writer had the last part
    if (on_room) on_room();
}

void message_store::retry(const error& why) {
    if (why.message() != last_failure_ && log_)
        log_(log_level::warning, name_ + ": messages wait, since they could not be stored: " + why.message());
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
    std::uint64_t lost = 0;
    if (writing_.is_empty()) fill_batch();
    for (; !writing_.is_empty(); fill_batch()) lost += std::exchange(writing_, {}).messages();
    note_held();
    counts_.dropped.fetch_add(lost, std::memory_order_relaxed);
    if (lost > 0 && log_)
        log_(log_level::error, name_ + ": " + std::to_string(lost) + " messages are lost: " + last_failure_);
    settle();
}

void message_store::settle() {
    if (finished_ && !is_writing_) std::exchange(finished_, nullptr)();
}

}  // namespace carrel::syslog
