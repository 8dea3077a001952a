#include "commit_archive/log_reader.hpp"

#include "commit_archive/bytes.hpp"

#include <algorithm>

namespace carrel::commits {
namespace {

constexpr std::size_t read_bytes = 1u << 20;

error disagreement(const std::string& what) {
    return {make_error_code(sqlite_errc::corrupt), "the write-ahead log: " + what};
}

// Puts commits together from frames.
class gathering {
public:
    gathering(const position& from, const gather_limits& limits, const std::vector<commit_note>& notes)
        : limits_(limits),
          note_(notes.begin()),
          notes_end_(notes.end()),
          first_page_(from.first_page),
          sequence_(from.sequence) {
        found_.after = from;
    }

    result<void> add(const frame& one, std::uint32_t number, const wal_sum& sum, std::string_view bytes) {
        found_.frames += bytes;
        if (one.page == 1 && one.content.size() >= first_page_header_bytes)
            std::copy_n(one.content.begin(), first_page_header_bytes, first_page_.begin());
        if (one.page == limits_.sequence_page) {
            const auto held = sequence_in(one.content);
            if (!held) return disagreement("page " + std::to_string(one.page) + " holds no commit's number");
            sequence_ = *held;
        }
        if (one.pages_after == 0) {
            if (found_.frames.size() > block_frame_bytes_max) return disagreement("a commit is larger than 1 GiB");
            return {};
        }
        return end_commit(one, number, sum);
    }

    bool is_full() const noexcept { return !found_.commits.empty() && whole_ >= limits_.bytes; }
    bool has_reached(std::uint32_t frames) const noexcept { return found_.after.frames >= frames; }

    gathered take() {
        found_.frames.resize(whole_);
        return std::move(found_);
    }

private:
    result<void> end_commit(const frame& one, std::uint32_t number, const wal_sum& sum) {
        auto& after = found_.after;
        if (limits_.checks_sequences && sequence_ != after.sequence && sequence_ != after.sequence + 1)
            return disagreement("commit " + std::to_string(sequence_) + " follows commit " +
                                std::to_string(after.sequence));
        while (note_ != notes_end_ && note_->frames < number) ++note_;
        const bool is_noted = note_ != notes_end_ && note_->frames == number;
        if (is_noted && note_->sequence != sequence_)
            return disagreement("commit " + std::to_string(note_->sequence) + " bears the number " +
                                std::to_string(sequence_));
        // Never before the one that it follows, whatever the clock does.
        after.time = std::max(after.time, is_noted ? note_->time : limits_.estimated_time);
        after.sequence = sequence_;
        after.frames = number;
        after.sum = sum;
        after.first_page = first_page_;
        found_.commits.push_back(
            {sequence_, after.time, number, one.pages_after, is_noted ? 0 : commit::time_is_estimated});
        whole_ = found_.frames.size();
        return {};
    }

    const gather_limits& limits_;
    std::vector<commit_note>::const_iterator note_, notes_end_;
    gathered found_;
    page_header first_page_;
    std::uint64_t sequence_;
    std::size_t whole_ = 0;  // bytes of frames whose commits are over
};

}  // namespace

result<log_reader> log_reader::open(const std::string& database_path) {
    auto opened = file::open_to_read(database_path + "-wal");
    if (!opened) return opened.error();
    return log_reader(std::move(*opened));
}

result<std::optional<wal_header>> log_reader::header() const {
    const auto bytes = log_.read(0, wal_header_bytes);
    if (!bytes) return bytes.error();
    return wal_header::parse(*bytes);
}

result<std::optional<wal_sum>> log_reader::sum_at(const wal_header& run, std::uint32_t frame) const {
    const auto at = wal_header_bytes + std::uint64_t{frame - 1} * run.frame_bytes();
    const auto bytes = log_.read(at, frame_header_bytes);
    if (!bytes) return bytes.error();
    if (bytes->size() < frame_header_bytes || std::string_view(*bytes).substr(8, 8) != run.salts())
        return std::optional<wal_sum>();
    return std::optional(sum_of(*bytes));
}

result<bool> log_reader::holds(const position& at) const {
    const auto size = at.run->frame_bytes();
    const std::size_t frames_at_once = std::max<std::size_t>(1, read_bytes / size);
    auto sum = at.run->sum();
    for (std::uint32_t number = 0; number < at.frames;) {
        const auto wanted = std::min<std::size_t>(frames_at_once, at.frames - number);
        const auto piece = log_.read(wal_header_bytes + std::uint64_t{number} * size, wanted * size);
        if (!piece) return piece.error();
        if (piece->size() < wanted * size) return false;
        for (std::size_t i = 0; i < wanted; ++i, ++number)
            if (!check_frame(*at.run, sum, std::string_view(*piece).substr(i * size, size))) return false;
    }
    return sum == at.sum;
}

result<gathered> log_reader::gather(const position& from, const gather_limits& limits,
                                    const std::vector<commit_note>& notes) const {
    const auto size = from.run->frame_bytes();
    const std::size_t frames_at_once = std::max<std::size_t>(1, read_bytes / size);
    gathering into(from, limits, notes);
    auto sum = from.sum;
    auto number = from.frames;
    while (number < limits.until && !into.is_full()) {
        const auto wanted = std::min<std::size_t>(frames_at_once, limits.until - number);
        const auto piece = log_.read(wal_header_bytes + std::uint64_t{number} * size, wanted * size);
        if (!piece) return piece.error();
        bool is_sound = piece->size() >= size;
        for (std::size_t at = 0; is_sound && at + size <= piece->size() && !into.is_full(); at += size) {
            const auto bytes = std::string_view(*piece).substr(at, size);
            const auto found = check_frame(*from.run, sum, bytes);
            is_sound = found.has_value();
            if (!is_sound) break;
            if (auto added = into.add(*found, ++number, sum, bytes); !added) return added.error();
        }
        if (!is_sound) break;
    }
    if (limits.is_bounded() && !into.is_full() && !into.has_reached(limits.until))
        return disagreement("frame " + std::to_string(number + 1) + " of " + std::to_string(limits.until) +
                            " is not what was committed");
    return into.take();
}

}  // namespace carrel::commits
