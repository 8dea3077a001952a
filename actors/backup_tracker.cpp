#include "actors/backup_tracker.hpp"

#include <carrel/detail/work.hpp>

#include <algorithm>
#include <limits>
#include <utility>

namespace carrel::detail {
namespace {

// A frame takes less than a microsecond.
constexpr int frames_a_turn = 2'048;
// How often who waits looks whether it must end.
constexpr std::chrono::milliseconds stop_interval{20};

}  // namespace

// -- the backup's thread ---

result<sqlite::change_view> backup_tracker::begin(const sqlite::stop_test& stop) {
    // `stop` may be the host's: it is never called under the mutex that the writer needs.
    for (bool is_free = false; !is_free;) {
        if (stop && stop()) return error(errc::cancelled);
        std::unique_lock lock(mutex_);
        is_free = changed_.wait_for(lock, stop_interval, [this] { return !is_taken_; });
        if (is_free) is_taken_ = true;
    }
    auto view = wait_for(request::begin, 0, stop);
    if (!view) end();
    return view;
}

result<sqlite::change_view> backup_tracker::look(std::size_t held_pages_max, const sqlite::stop_test& stop) {
    return wait_for(request::look, held_pages_max, stop);
}

result<sqlite::change_view> backup_tracker::wait_for(request wanted, std::size_t held_pages_max,
                                                     const sqlite::stop_test& stop) {
    {
        std::lock_guard lock(mutex_);
        answer_.reset();
        held_pages_max_ = held_pages_max;
        request_ = wanted;
        is_active_ = true;
    }
    wake_();
    for (;;) {
        const bool must_stop = stop && stop();
        std::unique_lock lock(mutex_);
        if (changed_.wait_for(lock, must_stop ? clock::duration::zero() : stop_interval,
                              [this] { return answer_.has_value(); })) {
            auto answer = std::move(*answer_);
            answer_.reset();
            return answer;
        }
        if (!must_stop) continue;
        request_ = request::none;
        return error(errc::cancelled);
    }
}

bool backup_tracker::release() noexcept {
    std::lock_guard lock(mutex_);
    return hold_.release();
}

void backup_tracker::end() noexcept {
    {
        std::lock_guard lock(mutex_);
        is_active_ = false;
        is_taken_ = false;
        request_ = request::none;
        answer_.reset();
        hold_ = {};
        pages_.clear();
    }
    changed_.notify_all();
}

// -- the writer's turn ---

void backup_tracker::take_turn(sqlite::connection& writer, std::uint64_t sequence,
                               std::optional<errc> refusal) noexcept {
    if (!is_active_.load()) return;
    std::lock_guard lock(mutex_);
    is_behind_ = false;
    if (!is_active_.load()) return;
    if (request_ == request::begin) {
        pages_.clear();
        is_lost_ = false;
        hold_ = {};
        salt_ = {};
        noted_frames_ = 0;
        copied_frames_ = writer.wal_frames() == 0 ? -1 : 0;
    }
    note(writer, frames_a_turn);
    if (request_ == request::none) return;
    if (request_ == request::look && is_behind_ && !refusal) return wake_();
    try {
        answer_ = refusal ? result<sqlite::change_view>(error(*refusal)) : view_of(writer, sequence);
    } catch (...) {
        answer_ = error(make_error_code(boost::system::errc::not_enough_memory));
    }
    request_ = request::none;
    changed_.notify_all();
}

result<sqlite::change_view> backup_tracker::view_of(sqlite::connection& writer, std::uint64_t sequence) {
    sqlite::change_view view;
    auto pages = writer.trusted_integer("PRAGMA page_count");
    if (!pages) return pages.error();
    view.pages = static_cast<std::uint32_t>(*pages);
    view.sequence = sequence;
    view.at = std::chrono::system_clock::now();
    view.is_all = request_ == request::begin || std::exchange(is_lost_, false);
    view.salt = salt_;
    view.frames = writer.wal_frames();
    if (view.is_all) {
        // What the log holds by now is not in the file: it stays noted.
        if (request_ == request::look) pages_.clear(), noted_frames_ = 0;
        return view;
    }
    std::swap(view.changed, pages_);
    if (view.changed.count() > held_pages_max_) return view;
    hold_.begin(now_());
    view.is_held = true;
    return view;
}

void backup_tracker::note(sqlite::connection& writer, int frames_max) noexcept {
    try {
        if (auto noted = note_frames(writer, frames_max); noted) return;
    } catch (...) {
    }
    is_lost_ = true;
}

result<void> backup_tracker::note_frames(sqlite::connection& writer, int frames_max) {
    const int frames = writer.wal_frames();
    is_behind_ = false;
    if (frames == 0) return {};
    sqlite::raw_files files(writer.handle(), writer.page_bytes());
    auto salt = files.salt();
    if (!salt) return salt.error();
    if (*salt != salt_) {
        salt_ = *salt;
        noted_frames_ = copied_frames_ = 0;
    }
    for (int left = frames_max; noted_frames_ < frames && left > 0; --left) {
        auto page = files.page_in_frame(noted_frames_ + 1, salt_);
        if (!page) return page.error();
        if (*page == 0) return error(make_error_code(sqlite_errc::corrupt), "a frame is not of its log");
        pages_.add(*page);
        ++noted_frames_;
    }
    is_behind_ = noted_frames_ < frames;
    return {};
}

bool backup_tracker::defers_checkpoint(std::size_t wal_bytes, std::size_t soft_bytes) noexcept {
    if (!is_active_.load(std::memory_order_relaxed)) return false;
    std::lock_guard lock(mutex_);
    if (wal_bytes >= soft_bytes) return false;
    return is_behind_ || hold_.lasts(now_());
}

void backup_tracker::before_checkpoint(sqlite::connection& writer) noexcept {
    if (!is_active_.load(std::memory_order_relaxed)) return;
    std::lock_guard lock(mutex_);
    hold_.cut_short();
    note(writer, std::numeric_limits<int>::max());
}

void backup_tracker::after_checkpoint(int log_frames) noexcept {
    if (!is_active_.load(std::memory_order_relaxed)) return;
    std::lock_guard lock(mutex_);
    if (copied_frames_ < 0) copied_frames_ = log_frames;
    // A commit that the writer has not seen.
    if (log_frames > std::max(noted_frames_, copied_frames_)) is_lost_ = true;
}

}  // namespace carrel::detail
