#pragma once

#include "segments/parts.hpp"
#include "segments/segment.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carrel::segments {

/// The different texts that a segment's events have in one column, each with the number of events that have it. Its place
/// plus one is the code by which `columns` names it; code 0 is no text. Views point into the segment's bytes.
class column_texts {
public:
    std::size_t size() const noexcept { return texts_.size(); }
    std::string_view text(std::size_t place) const noexcept { return texts_[place]; }
    const std::vector<std::string_view>& all() const noexcept { return texts_; }
    /// How many events have the text of a code; of code 0, how many have none.
    std::int64_t events_of(std::size_t code) const noexcept { return counts_[code]; }
    /// A byte for each code: 1 if its text is one of `wanted`, else 0.
    std::vector<std::uint8_t> marks_of(const std::vector<std::string>& wanted) const;
    /// How many events have one of the marked codes.
    std::int64_t events_of(const std::vector<std::uint8_t>& marked) const noexcept;

private:
    friend class segment_summary;
    std::shared_ptr<const std::string> unpacked_;  // what the views point into if the part was packed
    std::vector<std::string_view> texts_;
    std::vector<std::uint32_t> counts_;  // by code
};

using shared_texts = std::shared_ptr<const column_texts>;

/// Writes the part of a column: its texts, and how many events have each code.
void write_texts(const std::vector<const std::string*>& texts, const std::vector<std::uint32_t>& counts,
                 std::string& out);

/// `texts` of a segment. Each column is read when it is requested. The bytes must outlive it.
class segment_summary {
public:
    static std::optional<segment_summary> open(std::string_view bytes);

    std::size_t events() const noexcept { return parts_.events(); }
    /// Null for one that is damaged.
    shared_texts texts(column which) const;

private:
    explicit segment_summary(part_reader parts)
        : parts_(std::move(parts)) {}
    part_reader parts_;
};

}  // namespace carrel::segments
