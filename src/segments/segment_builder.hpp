#pragma once

#include "segments/segment.hpp"
#include "segments/token_filter.hpp"

#include <map>
#include <vector>

namespace carrel::segments {

/// Makes a segment of events that come one at a time; a frame is packed as soon as it is full, so no call takes much
/// longer than a millisecond. Not thread-safe.
class segment_builder {
public:
    explicit segment_builder(const segment_format& format)
        : format_(&format) {}

    /// `text` is the event as it came, `head` what was taken from it.
    void add(const event_head& head, std::string_view text);
    /// Adds a token of the event that is added next.
    void add_token(std::uint64_t token) { tokens_.add(token, frame_count_); }
    /// Adds the token of a path of it, which is no token yet.
    void add_path(std::uint64_t token) { paths_.add(token); }

    std::size_t events() const noexcept { return at_.size(); }
    bool is_full() const noexcept { return at_.size() >= format_->events_max || bytes_ >= format_->bytes_max; }
    /// The segment; the builder is empty again. There must be an event.
    segment finish();

private:
    // A text column: each different text once, and a number for each event; 0 for none.
    struct dictionary {
        std::map<std::string, std::uint16_t, std::less<>> numbers;
        std::vector<const std::string*> texts;
        std::vector<std::uint32_t> counts{0};  // by number
        std::vector<std::uint16_t> codes;

        std::uint16_t code_of(std::string_view text);
        void add(const std::optional<std::string_view>& text);
    };

    void end_frame();
    std::string write_columns() const;
    std::string write_summary() const;

    const segment_format* format_;
    std::vector<timestamp> at_, received_at_;
    std::vector<uuid> ids_;
    std::array<dictionary, column_count> dictionaries_;
    token_set tokens_, paths_;
    std::size_t bytes_ = 0;
    std::string lengths_, texts_;  // of the frame that grows
    std::size_t frame_events_ = 0;
    std::string directory_, frames_;
    std::uint32_t frame_count_ = 0;
};

}  // namespace carrel::segments
