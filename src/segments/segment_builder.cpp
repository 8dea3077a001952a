#include "segments/segment_builder.hpp"

#include "segments/byte_writer.hpp"
#include "segments/checksum.hpp"
#include "segments/segment_columns.hpp"
#include "segments/zstd.hpp"

#include <algorithm>

namespace carrel::segments {

namespace {

void write_times(const std::vector<timestamp>& times, std::string& out) {
    byte_writer bytes(out);
    const bool is_constant =
        std::all_of(times.begin(), times.end(), [&](timestamp each) { return each == times.front(); });
    bytes.fixed(static_cast<std::uint8_t>(is_constant));
    bytes.varint(zigzag(times.front()));
    if (is_constant) return;
    // Times of a file may be anything, so differences wrap.
    for (std::size_t i = 1; i < times.size(); ++i)
        bytes.varint(zigzag(static_cast<std::int64_t>(static_cast<std::uint64_t>(times[i]) -
                                                      static_cast<std::uint64_t>(times[i - 1]))));
}

// Ids of one millisecond differ in their lower half by a small step.
void write_ids(const std::vector<uuid>& ids, std::string& out) {
    byte_writer bytes(out);
    uuid before;
    for (const uuid& id : ids) {
        bytes.varint(zigzag(static_cast<std::int64_t>(id.high - before.high)));
        if (id.high == before.high) bytes.varint(zigzag(static_cast<std::int64_t>(id.low - before.low)));
        else bytes.fixed(id.low);
        before = id;
    }
}

// Packs a part that becomes much smaller by it: not times and ids, which most queries read.
std::string packed_part(const std::string& bytes, int level) {
    std::string made;
    byte_writer out(made);
    out.varint(bytes.size());
    const std::size_t before = made.size();
    const std::size_t size = bytes.size() < packed_part_min ? bytes.size() : compress(bytes, made, level);
    if (size <= bytes.size() / 4 * 3) return made;
    made.resize(before);
    return made + bytes;
}

}  // namespace

void segment_builder::dictionary::add(const std::optional<std::string_view>& text) {
    if (!text) return codes.push_back(0);
    if (!codes.empty() && codes.back() != 0 && *texts[codes.back() - 1u] == *text) return codes.push_back(codes.back());
    auto found = numbers.find(*text);
    if (found == numbers.end()) {
        found = numbers.emplace(*text, static_cast<std::uint16_t>(numbers.size() + 1)).first;
        texts.push_back(&found->first);
    }
    codes.push_back(found->second);
}

void segment_builder::dictionary::write(std::string& out) const {
    byte_writer bytes(out);
    bytes.varint(texts.size());
    for (const std::string* text : texts) bytes.text(*text);
    const bool is_constant = std::all_of(codes.begin(), codes.end(), [&](auto code) { return code == codes.front(); });
    if (is_constant) {
        bytes.fixed(code_width::constant);
        return bytes.fixed(codes.front());
    }
    if (texts.size() < 256) {
        bytes.fixed(code_width::one);
        for (const std::uint16_t code : codes) out.push_back(static_cast<char>(code));
    } else {
        bytes.fixed(code_width::two);
        for (const std::uint16_t code : codes) bytes.fixed(code);
    }
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
    std::array<std::string, part_count> parts;
    write_times(at_, parts[part_at]);
    write_times(received_at_, parts[part_received_at]);
    write_ids(ids_, parts[part_id]);
    for (std::size_t i = 0; i < column_count; ++i) dictionaries_[i].write(parts[part_texts + i]);
    for (std::string& each : parts) each = packed_part(each, format_->level);
    std::string columns;
    byte_writer bytes(columns);
    bytes.fixed(format_version);
    bytes.fixed(static_cast<std::uint32_t>(at_.size()));
    for (const std::string& part : parts) bytes.fixed(static_cast<std::uint32_t>(part.size()));
    for (const std::string& part : parts) columns += part;
    append_checksum(columns);
    return columns;
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
    made.columns = write_columns();
    made.filter = make_filter(tokens_);
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
