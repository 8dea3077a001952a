#include "segments/segment_builder.hpp"

#include "segments/byte_writer.hpp"
#include "segments/checksum.hpp"
#include "segments/segment_columns.hpp"
#include "segments/zstd.hpp"

#include <algorithm>

namespace carrel::segments {

std::uint16_t segment_builder::dictionary::code_of(std::string_view text) {
    if (!codes.empty() && codes.back() != 0 && *texts[codes.back() - 1u] == text) return codes.back();
    auto found = numbers.find(text);
    if (found == numbers.end()) {
        found = numbers.emplace(text, static_cast<std::uint16_t>(numbers.size() + 1)).first;
        texts.push_back(&found->first);
        counts.push_back(0);
    }
    return found->second;
}

void segment_builder::dictionary::add(const std::optional<std::string_view>& text) {
    const std::uint16_t code = text ? code_of(*text) : std::uint16_t{0};
    codes.push_back(code);
    ++counts[code];
}

void segment_builder::add(const event_head& head, std::string_view text) {
    at_.push_back(head.at);
    received_at_.push_back(head.received_at);
    ids_.push_back(head.id);
    for (std::size_t i = 0; i < column_count; ++i) dictionaries_[i].add(head.texts[i]);
    byte_writer(lengths_).varint(text.size());
    texts_ += text;
    bytes_ += text.size();
    const bool ends = ++frame_events_ == format_->frame_events_max || texts_.size() >= format_->frame_bytes_max;
    if (ends || is_full()) end_frame();
}

void segment_builder::end_frame() {
    if (frame_events_ == 0) return;
    lengths_ += texts_;
    byte_writer directory(directory_);
    directory.varint(frame_events_);
    directory.varint(lengths_.size());
    directory.varint(compress(lengths_, frames_, format_->level));
    ++frame_count_;
    lengths_.clear();
    texts_.clear();
    frame_events_ = 0;
}

std::string segment_builder::write_columns() const {
    std::vector<std::string> parts(part_count);
    for (std::size_t i = 0; i < column_count; ++i)
        write_codes(dictionaries_[i].codes, dictionaries_[i].texts.size(), parts[i]);
    write_times(at_, parts[part_at]);
    write_times(received_at_, parts[part_received_at]);
    write_ids(ids_, parts[part_id]);
    return pack_parts(parts, at_.size(), format_->level);
}

std::string segment_builder::write_summary() const {
    std::vector<std::string> parts(column_count);
    for (std::size_t i = 0; i < column_count; ++i)
        write_texts(dictionaries_[i].texts, dictionaries_[i].counts, parts[i]);
    return pack_parts(parts, at_.size(), format_->level);
}

segment segment_builder::finish() {
    end_frame();
    segment made;
    made.events = static_cast<std::int64_t>(at_.size());
    std::tie(made.from_at, made.to_at) = [&] {
        const auto [least, greatest] = std::minmax_element(at_.begin(), at_.end());
        return std::pair(*least, *greatest);
    }();
    const auto [least, greatest] = std::minmax_element(ids_.begin(), ids_.end());
    made.from_id = *least;
    made.to_id = *greatest;
    const auto salt = static_cast<std::uint32_t>(ids_.front().low);
    made.paths = make_filter(paths_, 1, salt);
    made.texts = write_summary();
    made.filter = make_filter(tokens_, frame_count_, salt);
    made.columns = write_columns();
    made.is_sealed = format_->is_sealed;
    made.bytes = static_cast<std::int64_t>(bytes_);
    byte_writer data(made.data);
    data.fixed(format_version);
    data.varint(frame_count_);
    made.data += directory_;
    append_checksum(made.data);  // of the directory; each frame has its own
    made.data += frames_;
    *this = segment_builder(*format_);
    return made;
}

}  // namespace carrel::segments
