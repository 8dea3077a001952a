#include "segments/segment_summary.hpp"

#include "segments/byte_writer.hpp"

#include <algorithm>

namespace carrel::segments {

void write_texts(const std::vector<const std::string*>& texts, const std::vector<std::uint32_t>& counts,
                 std::string& out) {
    byte_writer bytes(out);
    bytes.varint(texts.size());
    for (const std::uint32_t count : counts) bytes.varint(count);
    for (const std::string* text : texts) bytes.text(*text);
}

std::vector<std::uint8_t> column_texts::marks_of(const std::vector<std::string>& wanted) const {
    std::vector<std::uint8_t> marks(texts_.size() + 1, 0);
    for (std::size_t i = 0; i < texts_.size(); ++i)
        marks[i + 1] = std::find(wanted.begin(), wanted.end(), texts_[i]) != wanted.end();
    return marks;
}

std::int64_t column_texts::events_of(const std::vector<std::uint8_t>& marked) const noexcept {
    std::int64_t all = 0;
    for (std::size_t code = 0; code < counts_.size(); ++code)
        if (marked[code] != 0) all += counts_[code];
    return all;
}

std::optional<segment_summary> segment_summary::open(std::string_view bytes) {
    auto parts = part_reader::open(bytes, column_count);
    if (!parts) return std::nullopt;
    return segment_summary(std::move(*parts));
}

shared_texts segment_summary::texts(column which) const {
    column_texts made;
    const auto bytes = parts_.part(which, made.unpacked_);
    if (!bytes) return nullptr;
    byte_reader in(*bytes);
    const std::uint64_t count = in.varint();
    if (count > events()) return nullptr;
    made.counts_.resize(count + 1);
    std::uint64_t all = 0;
    for (auto& each : made.counts_) {
        const std::uint64_t events_of = in.varint();
        if (events_of > events()) return nullptr;
        all += events_of;
        each = static_cast<std::uint32_t>(events_of);
    }
    made.texts_.reserve(count);
    for (std::uint64_t i = 0; i < count; ++i) made.texts_.push_back(in.text());
    if (in.failed() || !in.rest().empty() || all != events()) return nullptr;
    return std::make_shared<const column_texts>(std::move(made));
}

}  // namespace carrel::segments
