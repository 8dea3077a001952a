#pragma once

#include "segments/segment_summary.hpp"

#include <cstring>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace carrel::segments {

/// The parts of `columns`: the codes of each text column, then these.
enum part : std::size_t { part_at = column_count, part_received_at, part_id, part_count };
enum class code_width : std::uint8_t { constant, one, two };

/// One text column, read: its different texts, and which of them an event has. Views point into the segment's bytes.
class text_column {
public:
    /// Nothing for codes that are damaged or beyond the texts.
    static std::optional<text_column> read(const part_reader& columns, column which, shared_texts texts);

    /// 0: none; else the place in `texts` plus one.
    std::size_t code(std::size_t event) const noexcept;
    std::optional<std::string_view> text(std::size_t event) const noexcept {
        const std::size_t found = code(event);
        return found == 0 ? std::nullopt : std::optional(texts_->text(found - 1));
    }
    const column_texts& texts() const noexcept { return *texts_; }
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

    shared_texts texts_;
    std::shared_ptr<const std::string> unpacked_;  // what `codes_` points into if the part was packed
    code_width width_ = code_width::constant;
    std::size_t same_ = 0;
    std::string_view codes_;
};

/// `columns` of a segment. Each part is read when it is requested; nothing for one that is damaged. The bytes must outlive
/// it.
class segment_columns {
public:
    /// Nothing for bytes that are damaged.
    static std::optional<segment_columns> open(std::string_view bytes);

    std::size_t events() const noexcept { return parts_.events(); }
    std::optional<std::vector<timestamp>> at() const { return times(part_at); }
    std::optional<std::vector<timestamp>> received_at() const { return times(part_received_at); }
    std::optional<std::vector<uuid>> ids() const;
    /// `texts` are those of the column in the segment's summary.
    std::optional<text_column> text(column which, shared_texts texts) const {
        return text_column::read(parts_, which, std::move(texts));
    }

private:
    explicit segment_columns(part_reader parts)
        : parts_(std::move(parts)) {}
    std::optional<std::vector<timestamp>> times(part which) const;

    part_reader parts_;
};

/// Writes the parts: differences between times in the greatest unit that all of them are multiples of; ids as runs of
/// small steps; codes in as few bytes as the greatest needs.
void write_times(const std::vector<timestamp>& times, std::string& out);
void write_ids(const std::vector<uuid>& ids, std::string& out);
void write_codes(const std::vector<std::uint16_t>& codes, std::size_t greatest, std::string& out);

}  // namespace carrel::segments
