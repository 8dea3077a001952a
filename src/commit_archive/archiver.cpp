// What the writer's thread does: it notes, and asks.
#include "commit_archive/archiver.hpp"

#include <algorithm>

namespace carrel::commits {
namespace {

// A note a commit; so many wait at most before there is a gap.
constexpr std::size_t notes_max = 1u << 20;
// From here on the archive's thread does not wait for its interval.
constexpr std::uint64_t hurry_bytes = 4u << 20;

std::int64_t wall_clock() noexcept {
    using namespace std::chrono;
    return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

}  // namespace

result<std::shared_ptr<archiver>> archiver::open(archive_settings settings) {
    bool is_named = false;
    auto place = held_directory::open(settings.directory, is_named);
    if (!place) return place.error();
    std::shared_ptr<archiver> made(new archiver(std::move(settings), std::move(*place)));
    if (!is_named)
        made->log(log_level::warning,
                  "its directory may be lost with the power: the one above it cannot be read and synced");
    return made;
}

archiver::archiver(archive_settings settings, held_directory place)
    : settings_(std::move(settings)),
      directory_(std::move(place)) {}

archiver::~archiver() {
    if (!thread_.joinable()) return;
    thread_.request_stop();
    thread_.join();
}

void archiver::log(log_level level, const std::string& text) const noexcept {
    try {
        if (settings_.log) settings_.log(level, "archive: " + text);
    } catch (...) {
        // A line less is the least harm.
    }
}

void archiver::committed(std::uint64_t sequence, std::uint32_t frames) noexcept {
    const std::lock_guard lock(mutex_);
    if (state_ != state::following) return;
    ++notes_;
    frames_noted_ = frames;
    const auto waiting = std::uint64_t{frames >= frames_archived_ ? frames - frames_archived_ : frames};
    counts_.lag_bytes = waiting * (file_.page_bytes + frame_header_bytes);
    const auto now = wall_clock();
    if (oldest_waiting_ == 0) oldest_waiting_ = now;
    try {
        if (fresh_.size() < notes_max) fresh_.push_back({sequence, now, frames});
        else is_too_late_ = true;
    } catch (...) {
        is_too_late_ = true;
    }
    is_too_late_ = is_too_late_ || counts_.lag_bytes > settings_.behind_bytes;
    if (!is_too_late_ && counts_.lag_bytes < hurry_bytes) return;
    // What is not archived by now will not be: the log may be used again.
    if (is_too_late_) state_ = state::lost;
    is_wanted_ = true;
    changed_.notify_all();
}

bool archiver::allows_checkpoint(std::chrono::milliseconds time_max) noexcept {
    std::unique_lock lock(mutex_);
    if (state_ == state::closed || state_ == state::lost) return true;
    if (state_ == state::resuming) return !has_position_;
    if (notes_archived_ == notes_) return true;
    // While it fails, nobody waits for it.
    if (!last_failure_.empty() && time_max < std::chrono::seconds(1)) return false;
    is_wanted_ = true;
    changed_.notify_all();
    changed_.wait_for(lock, time_max, [this] { return notes_archived_ == notes_ || state_ != state::following; });
    return notes_archived_ == notes_ || state_ == state::lost;
}

// The one moment at which nothing can be committed: where to begin again is found out here.
void archiver::checkpointed(std::uint64_t sequence, std::uint32_t frames) noexcept {
    const std::lock_guard lock(mutex_);
    if (state_ != state::resuming || has_position_) return;
    try {
        resume_at_ = position_now(sequence, frames);
    } catch (...) {
        return;
    }
    has_position_ = true;
    state_ = state::following;
    notes_ = notes_archived_ = 0;
    frames_noted_ = frames_archived_ = frames;
    fresh_.clear();
    oldest_waiting_ = 0;
    is_too_late_ = false;
    changed_.notify_all();
}

position archiver::position_now(std::uint64_t sequence, std::uint32_t frames) const {
    position now;
    now.sequence = sequence;
    now.time = std::max(counts_.time, wall_clock());
    const auto log = log_reader::open(file_.path);
    if (frames == 0 || !log) return now;
    const auto run = log->header();
    if (!run || !*run) return now;
    const auto sum = log->sum_at(**run, frames);
    if (!sum || !*sum) return now;
    now.run = **run;
    now.frames = frames;
    now.sum = **sum;
    return now;
}

void archiver::attach(database* store) {
    const std::lock_guard in_use(store_mutex_);
    store_ = store;
}

archive_counts archiver::counts() const {
    const std::lock_guard lock(mutex_);
    auto now = counts_;
    now.is_up = state_ == state::following && last_failure_.empty();
    if (oldest_waiting_ != 0) now.lag_microseconds = std::max<std::int64_t>(0, wall_clock() - oldest_waiting_);
    return now;
}

archiver::progress archiver::archived() const {
    const std::lock_guard lock(mutex_);
    return progress_;
}

void archiver::note_failure() {
    const std::lock_guard lock(mutex_);
    ++counts_.failures;
}

void archiver::note_command(std::chrono::milliseconds running) {
    const std::lock_guard lock(mutex_);
    counts_.command_microseconds = std::chrono::microseconds(running).count();
}

}  // namespace carrel::commits
