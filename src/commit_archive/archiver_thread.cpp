// What the archive's own thread does: it reads the log and writes the archive.
#include "commit_archive/archiver.hpp"

#include <carrel/as_result.hpp>

#include <boost/asio/use_future.hpp>

#include <algorithm>
#include <utility>

namespace carrel::commits {

using clock = std::chrono::steady_clock;

namespace {

constexpr std::chrono::seconds pause_max{60};
constexpr std::chrono::milliseconds look_interval_lost{500};
constexpr std::chrono::seconds look_interval_away{1};
constexpr auto again = boost::system::errc::resource_unavailable_try_again;

}  // namespace

void archiver::run(const std::stop_token& stop) noexcept {
    while (wait(stop)) step();
    step();
    finish();
}

bool archiver::wait(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    // While it fails, who hurries is not listened to.
    const bool is_failing = !last_failure_.empty();
    const auto interval = state_ == state::lost ? std::min(settings_.interval, look_interval_lost) : settings_.interval;
    changed_.wait_for(lock, stop, interval, [&] { return !is_failing && std::exchange(is_wanted_, false); });
    return !stop.stop_requested();
}

void archiver::step() {
    try {
        state now;
        {
            const std::lock_guard lock(mutex_);
            now = state_;
        }
        if (now == state::lost && writer_) lose("it fell too far behind the commits");
        if (now == state::lost) return try_to_resume();
        if (now == state::following && writer_) follow_on();
    } catch (const std::exception& e) {
        log(log_level::error, e.what());
        note_failure();
    }
}

void archiver::follow_on() {
    auto done = take_directory();
    if (done) done = drain();
    if (done) return;
    // What somebody took away is looked for again before it counts as lost.
    is_away_ = is_away_ || writer_->is_displaced() || !directory_.expect_in_place();
    if (writer_->has_failed() || done.error() == sqlite_errc::corrupt) return lose(done.error().message());
    fail(done.error().message() + "; it is tried again, and the log grows meanwhile");
}

// The directory may have come back as it was, empty, or as another archive's. What is archived goes on only where it ended.
result<void> archiver::take_directory() {
    const auto held = directory_.expect_in_place();
    if (held && !is_away_) return {};
    is_away_ = true;
    if (!held) {
        is_in_doubt_ = false;
        if (auto taken = directory_.take_again(); !taken) return taken;
    }
    if (writer_)
        if (auto opened = writer_->reopen(); !opened) {
            // It may have been moved while it was read: that it is another one must be seen twice.
            const bool is_sure = opened.error() != sqlite_errc::corrupt || std::exchange(is_in_doubt_, true);
            return is_sure ? opened : error(make_error_code(again), opened.error().diagnostic());
        }
    is_away_ = is_in_doubt_ = false;
    return {};
}

// Logged once for each reason, and counted each time.
void archiver::fail(const std::string& why) {
    const std::lock_guard lock(mutex_);
    ++counts_.failures;
    if (why != last_failure_) log(log_level::error, why);
    last_failure_ = why;
}

result<void> archiver::drain() {
    std::uint64_t notes = 0;
    {
        const std::lock_guard lock(mutex_);
        noted_.insert(noted_.end(), fresh_.begin(), fresh_.end());
        fresh_.clear();
        notes = notes_;
    }
    const auto before = writer_->bytes_written();
    auto done = archive_noted();
    if (done) done = writer_->sync(settings_.file_bytes, settings_.file_time);
    const std::lock_guard lock(mutex_);
    counts_.bytes += writer_->bytes_written() - before;
    if (!done) return done;
    noted_.clear();
    if (!last_failure_.empty()) log(log_level::info, "it is written again");
    last_failure_.clear();
    counts_.commits += notes - notes_archived_;
    notes_archived_ = notes;
    publish();
    return {};
}

// All that is noted is of one run: the log cannot begin anew before it is archived.
result<void> archiver::archive_noted() {
    if (noted_.empty()) return {};
    const auto log = log_reader::open(file_.path);
    if (!log) return log.error();
    const auto run = log->header();
    if (!run) return run.error();
    if (!*run) return error(make_error_code(sqlite_errc::corrupt), "the write-ahead log has no sound header");
    auto from = writer_->at();
    if (!from.run || from.run->salts() != (*run)->salts()) {
        from.run = **run;
        from.frames = 0;
        from.sum = (*run)->sum();
    }
    gather_limits limits;
    limits.bytes = settings_.block_bytes;
    limits.until = noted_.back().frames;
    limits.sequence_page = file_.sequence_page;
    while (from.frames < limits.until) {
        const auto found = log->gather(from, limits, noted_);
        if (!found) return found.error();
        if (auto added = writer_->append(*found); !added) return added;
        from = found->after;
    }
    return {};
}

// With the mutex held.
void archiver::publish() {
    const auto& at = writer_->at();
    frames_archived_ = at.frames;
    counts_.sequence = at.sequence;
    counts_.time = at.time;
    counts_.generation = writer_->generation_number();
    progress_ = {writer_->generation_number(), at.sequence};
    oldest_waiting_ = fresh_.empty() ? 0 : fresh_.front().time;
    if (fresh_.empty()) counts_.lag_bytes = 0;
    changed_.notify_all();
}

void archiver::lose(const std::string& why) {
    log(log_level::error, "there is a gap after commit " + std::to_string(writer_->at().sequence) + ": " + why);
    {
        const std::lock_guard lock(mutex_);
        state_ = state::lost;
        ++counts_.gaps;
        fresh_.clear();
        notes_archived_ = notes_;
        oldest_waiting_ = 0;
        counts_.lag_bytes = 0;
        last_failure_.clear();
        progress_ = {};
        is_wanted_ = true;
        changed_.notify_all();
    }
    noted_.clear();
    left_why_ = "after commit " + std::to_string(writer_->at().sequence) + ": " + why;
    // Where even that cannot be written, the next generation says that this one is over.
    if (directory_.expect_in_place()) (void)writer_->end(left_why_);
    else if (!writer_->has_failed()) left_ = std::move(writer_);
    writer_.reset();
    next_try_ = clock::now();
}

// The writer says between two transactions where the log is, and from there on what it commits is kept.
void archiver::try_to_resume() {
    if (clock::now() < next_try_) return;
    if (auto there = take_directory(); !there) {
        next_try_ = clock::now() + look_interval_away;
        return fail("no new generation can be begun: " + there.error().message());
    }
    if (auto left = std::exchange(left_, std::nullopt); left && left->reopen()) (void)left->end(left_why_);
    pause_ = std::min(pause_ * 2, pause_max);
    next_try_ = clock::now() + pause_;
    const std::lock_guard in_use(store_mutex_);
    if (store_ == nullptr) return;
    {
        const std::lock_guard lock(mutex_);
        state_ = state::resuming;
        has_position_ = false;
    }
    (void)store_->async_checkpoint(as_result(boost::asio::use_future)).get();
    position from;
    {
        const std::lock_guard lock(mutex_);
        if (!has_position_) state_ = state::lost;
        if (!has_position_) return;
        has_position_ = false;
        from = resume_at_;
    }
    if (auto begun = begin_generation(from); !begun) {
        fail("no new generation can be begun: " + begun.error().message());
        const std::lock_guard lock(mutex_);
        state_ = state::lost;
        fresh_.clear();
        notes_archived_ = notes_;
        oldest_waiting_ = 0;
        counts_.lag_bytes = 0;
        changed_.notify_all();
    }
}

void archiver::finish() noexcept {
    try {
        if (!writer_) return;
        if (auto closed = writer_->close_file(); !closed) log(log_level::error, closed.error().message());
    } catch (...) {
        // It is closed when the archive is opened again.
    }
}

}  // namespace carrel::commits
