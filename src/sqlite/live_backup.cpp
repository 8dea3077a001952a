#include "sqlite/live_backup.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace carrel::sqlite {
namespace {

using clock = std::chrono::steady_clock;

constexpr std::size_t chunk_bytes = 512u << 10;
// What is read while the file is held is kept in memory until it is let go, however slow the target is.
constexpr std::size_t held_bytes_max = 32u << 20;
// Passes that follow each other without getting nearer to an end: a target that is too slow, or one that a reader keeps from it.
constexpr int passes_max = 1'000;
constexpr std::chrono::milliseconds pause_between_passes{50};

// Ends what `begin` began, also when it is left by an exception.
struct ending {
    change_source& of;
    ~ending() { of.end(); }
};

class live_copy {
public:
    live_copy(connection& source, change_source& changes, backup_file& to, const backup_options& wanted,
              const stop_test& stop)
        : page_bytes_(source.page_bytes()),
          files_(source.handle(), page_bytes_),
          changes_(changes),
          to_(to),
          wanted_(wanted),
          stop_(stop),
          begun_(clock::now()) {}

    // Returns the view that the copy shows.
    result<change_view> run() {
        auto view = changes_.begin(stop_);
        if (!view) return view.error();
        const ending after{changes_};
        for (int passes = 0; view && passes < passes_max; ++passes) {
            auto done = view->is_all ? copy_all(*view) : copy_changed(*view);
            if (!done) return done.error();
            if (has_ended_) {
                if (auto cut = to_.resize(std::uint64_t{view->pages} * page_bytes_); !cut) return cut.error();
                progress_.pages_done = progress_.pages_all = view->pages;
                return view;
            }
            if (passes > 2) pause(pause_between_passes);
            view = changes_.look(held_pages_max(), stop_);
        }
        if (!view) return view.error();
        return error(errc::overloaded, "the database changes faster than it can be copied");
    }

    std::uint64_t pages_read() const noexcept { return pages_read_; }
    void note_checking() {
        progress_.is_checking = true;
        report();
    }

private:
    std::size_t held_pages_max() const noexcept { return held_bytes_max / page_bytes_; }
    std::size_t chunk_pages() const noexcept { return std::max<std::size_t>(1, chunk_bytes / page_bytes_); }

    result<void> copy_all(const change_view& view) {
        progress_.pages_all = view.pages;
        progress_.pages_done = 0;
        if (auto reserved = to_.reserve(std::uint64_t{view.pages} * page_bytes_); !reserved) return reserved;
        buffer_.resize(chunk_pages() * page_bytes_);
        for (std::uint32_t first = 1; first <= view.pages;) {
            if (stop_ && stop_()) return error(errc::cancelled);
            const auto pages = std::min<std::size_t>(chunk_pages(), view.pages - first + 1);
            const std::span into(buffer_.data(), pages * page_bytes_);
            if (auto read = files_.read_pages(first, into); !read) return read;
            if (auto put = to_.write(into, std::uint64_t{first - 1} * page_bytes_); !put) return put;
            first += static_cast<std::uint32_t>(pages);
            note(pages, true);
        }
        return {};
    }

    // What waits in the log is read there. Where the log has begun anew meanwhile the file has all that it held.
    result<void> find_frames(const change_view& view) {
        frames_.clear();
        for (int frame = 1; frame <= view.frames; ++frame) {
            auto page = files_.page_in_frame(frame, view.salt);
            if (!page) return page.error();
            if (*page == 0) return {};
            if (view.changed.contains(*page)) frames_[*page] = frame;
        }
        return {};
    }

    result<void> read_page(std::uint32_t page, const change_view& view, std::span<std::byte> into) {
        if (const auto found = frames_.find(page); found != frames_.end()) {
            auto read = files_.read_frame(found->second, view.salt, into);
            if (!read) return read.error();
            if (*read) return {};
        }
        return files_.read_pages(page, into);
    }

    result<void> copy_changed(const change_view& view) {
        if (auto found = find_frames(view); !found) return found;
        const std::size_t at_once = view.is_held ? held_pages_max() : chunk_pages();
        std::uint32_t page = view.changed.next(1);
        do {
            if (stop_ && stop_()) return error(errc::cancelled);
            numbers_.clear();
            for (; page != 0 && page <= view.pages && numbers_.size() < at_once; page = view.changed.next(page + 1))
                numbers_.push_back(page);
            buffer_.resize(numbers_.size() * page_bytes_);
            for (std::size_t i = 0; i < numbers_.size(); ++i)
                if (auto read = read_page(numbers_[i], view, {buffer_.data() + i * page_bytes_, page_bytes_}); !read)
                    return read;
            if (view.is_held) has_ended_ = changes_.release();
            for (std::size_t i = 0; i < numbers_.size(); ++i)
                if (auto put = to_.write({buffer_.data() + i * page_bytes_, page_bytes_},
                                         std::uint64_t{numbers_[i] - 1} * page_bytes_);
                    !put)
                    return put;
            note(numbers_.size(), false);
        } while (page != 0 && page <= view.pages);
        return {};
    }

    void note(std::size_t pages, bool is_first_pass) {
        pages_read_ += pages;
        if (is_first_pass) progress_.pages_done += pages;
        report();
        keep_pace();
    }

    void report() {
        if (wanted_.on_progress) wanted_.on_progress(progress_);
    }

    void keep_pace() {
        if (wanted_.bytes_per_second_max == 0) return;
        const auto seconds =
            static_cast<double>(pages_read_ * page_bytes_) / static_cast<double>(wanted_.bytes_per_second_max);
        const auto due = begun_ + std::chrono::duration_cast<clock::duration>(std::chrono::duration<double>(seconds));
        while (clock::now() < due && !(stop_ && stop_()))
            pause(std::min<clock::duration>(due - clock::now(), pause_between_passes));
    }

    // Nobody ends it early; it is short.
    void pause(clock::duration at_most) {
        std::mutex unshared;
        std::unique_lock lock(unshared);
        std::condition_variable().wait_for(lock, at_most);
    }

    const std::size_t page_bytes_;
    raw_files files_;
    change_source& changes_;
    backup_file& to_;
    const backup_options& wanted_;
    const stop_test& stop_;
    const clock::time_point begun_;
    std::vector<std::byte> buffer_;
    std::vector<std::uint32_t> numbers_;
    std::unordered_map<std::uint32_t, int> frames_;  // the newest frame of a page that changed
    backup_progress progress_;
    std::uint64_t pages_read_ = 0;
    bool has_ended_ = false;
};

}  // namespace

result<backup_report> live_backup(connection& source, change_source& changes, const std::string& target,
                                  const backup_options& wanted, const stop_test& stop) {
    backup_file file(target);
    if (auto created = file.create(); !created) return created.error();
    live_copy copy(source, changes, file, wanted, stop);
    auto view = copy.run();
    if (!view) return view.error();
    copy.note_checking();
    auto bytes = file.finish(stop, wanted.verify);
    if (!bytes) return bytes.error();
    backup_report report;
    report.pages = view->pages;
    report.bytes = *bytes;
    report.commit_sequence = view->sequence;
    report.taken_at = view->at;
    report.pages_copied = copy.pages_read();
    return report;
}

}  // namespace carrel::sqlite
