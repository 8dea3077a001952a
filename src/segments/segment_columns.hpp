#pragma once

#include "segments/segment.hpp"

#include <cstring>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace carrel::segments {

/// How `columns` is laid out: a version, the number of events, the size of each part, the parts, and a checksum.
inline constexpr std::uint8_t format_version = 2;
enum part : std::size_t {
    part_at,
    part_received_at,
    part_id,
    part_texts,
    part_count = part_texts + std::size_t{column_count}
};
/// A part as large is packed if that pays. Before each part stands its size unpacked: one that is not as large is packed.
inline constexpr std::size_t packed_part_min = 512;
enum class code_width : std::uint8_t { constant, one, two };

/// One text column, read: its different texts, and which of them an event has. Views point into the segment's bytes.
class text_column {
public:
    static std::optional<text_column> read(std::string_view part, std::size_t events);

    /// 0: none; else the place in `texts` plus one.
    std::size_t code(std::size_t event) const noexcept;
    std::optional<std::string_view> text(std::size_t event) const noexcept {
        const std::size_t found = code(event);
        return found == 0 ? std::nullopt : std::optional(texts_[found - 1]);
    }
    const std::vector<std::string_view>& texts() const noexcept { return texts_; }
    /// All events have the same.
    bool is_constant() const noexcept { return width_ == code_width::constant; }
    /// Keeps of some events those whose code is marked; `marked` has a byte, 0 or 1, for each code.
    void keep_marked(const std::vector<std::uint8_t>& marked, std::vector<std::uint32_t>& events) const;

private:
    template <class Code>
    std::size_t code_of(std::size_t event) const noexcept {
        Code code = 0;
        std::memcpy(&code, codes_.data() + event * sizeof code, sizeof code);
        return code;
    }
    template <class Code>
    std::size_t greatest_code(std::size_t events) const noexcept;
    template <class Code>
    void keep_marked_of(const std::vector<std::uint8_t>& marked, std::vector<std::uint32_t>& events) const;

    std::shared_ptr<const std::string> unpacked_;  // what the views point into if the part was packed
    std::vector<std::string_view> texts_;
    code_width width_ = code_width::constant;
    std::size_t same_ = 0;
    std::string_view codes_;
};

/// `columns` of a segment. Each part is read when it is asked for; nothing for one that is damaged. The bytes must outlive
/// it.
class segment_columns {
public:
    /// Nothing for bytes that are damaged.
    static std::optional<segment_columns> open(std::string_view bytes);

    std::size_t events() const noexcept { return events_; }
    std::optional<std::vector<timestamp>> at() const { return times(part_at); }
    std::optional<std::vector<timestamp>> received_at() const { return times(part_received_at); }
    std::optional<std::vector<uuid>> ids() const;
    std::optional<text_column> text(column which) const {
        return text_column::read(parts_[part_texts + static_cast<std::size_t>(which)], events_);
    }

private:
    std::optional<std::vector<timestamp>> times(part which) const;

    std::size_t events_ = 0;
    std::array<std::string_view, part_count> parts_;
};

}  // namespace carrel::segments
