#include "segments/segment_columns.hpp"

#include "segments/byte_writer.hpp"

#include <algorithm>
#include <numeric>

namespace carrel::segments {

template <class Code>
std::size_t text_column::greatest_code(std::size_t events) const noexcept {
    Code greatest = 0;
    for (std::size_t i = 0; i < events; ++i) greatest = std::max(greatest, static_cast<Code>(code_of<Code>(i)));
    return greatest;
}

std::optional<text_column> text_column::read(const part_reader& columns, column which, shared_texts texts) {
    text_column made;
    const auto bytes = columns.part(which, made.unpacked_);
    if (!bytes) return std::nullopt;
    const std::size_t events = columns.events();
    byte_reader in(*bytes);
    made.width_ = in.fixed<code_width>();
    if (made.width_ == code_width::constant) {
        made.same_ = in.fixed<std::uint16_t>();
    } else {
        made.codes_ = in.bytes(events * (made.width_ == code_width::one ? 1 : 2));
    }
    if (in.failed() || made.width_ > code_width::two) return std::nullopt;
    const std::size_t greatest = made.width_ == code_width::constant ? made.same_
                                 : made.width_ == code_width::one    ? made.greatest_code<std::uint8_t>(events)
                                                                     : made.greatest_code<std::uint16_t>(events);
    if (greatest > texts->size()) return std::nullopt;
    made.texts_ = std::move(texts);
    return made;
}

template <class Code>
void text_column::keep_marked_of(const std::vector<std::uint8_t>& marked, std::vector<std::uint32_t>& events) const {
    std::size_t kept = 0;
    for (const std::uint32_t event : events) {
        // Written always, kept or not: a branch would be guessed wrongly where codes alternate.
        events[kept] = event;
        kept += marked[code_of<Code>(event)];
    }
    events.resize(kept);
}

void text_column::keep_marked(const std::vector<std::uint8_t>& marked, std::vector<std::uint32_t>& events) const {
    if (width_ == code_width::constant) {
        if (marked[same_] == 0) events.clear();
    } else if (width_ == code_width::one) {
        keep_marked_of<std::uint8_t>(marked, events);
    } else {
        keep_marked_of<std::uint16_t>(marked, events);
    }
}

std::size_t text_column::code(std::size_t event) const noexcept {
    if (width_ == code_width::constant) return same_;
    return width_ == code_width::one ? code_of<std::uint8_t>(event) : code_of<std::uint16_t>(event);
}

std::optional<segment_columns> segment_columns::open(std::string_view bytes) {
    auto parts = part_reader::open(bytes, part_count);
    if (!parts) return std::nullopt;
    return segment_columns(std::move(*parts));
}

// -- times ---

namespace {

// Times of a file may be anything, so differences wrap.
std::int64_t difference(timestamp from, timestamp to) noexcept {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(from));
}

std::uint64_t magnitude(std::int64_t number) noexcept {
    return number < 0 ? 0 - static_cast<std::uint64_t>(number) : static_cast<std::uint64_t>(number);
}

}  // namespace

void write_times(const std::vector<timestamp>& times, std::string& out) {
    std::uint64_t unit = 0;
    for (std::size_t i = 1; i < times.size() && unit != 1; ++i)
        unit = std::gcd(unit, magnitude(difference(times[i - 1], times[i])));
    byte_writer bytes(out);
    bytes.varint(zigzag(times.front()));
    bytes.varint(unit);  // 0: all are equal
    for (std::size_t i = 1; i < times.size() && unit != 0; ++i) {
        const std::int64_t step = difference(times[i - 1], times[i]);
        const std::uint64_t units = magnitude(step) / unit;
        bytes.varint(zigzag(static_cast<std::int64_t>(step < 0 ? 0 - units : units)));
    }
}

std::optional<std::vector<timestamp>> segment_columns::times(part which) const {
    std::shared_ptr<const std::string> unpacked;
    const auto bytes = parts_.part(which, unpacked);
    if (!bytes) return std::nullopt;
    byte_reader in(*bytes);
    std::uint64_t last = static_cast<std::uint64_t>(unzigzag(in.varint()));
    const std::uint64_t unit = in.varint();
    std::vector<timestamp> times(events(), static_cast<timestamp>(last));
    for (std::size_t i = 1; i < times.size() && unit != 0; ++i)
        times[i] = static_cast<timestamp>(last += unit * static_cast<std::uint64_t>(unzigzag(in.varint())));
    if (in.failed() || !in.rest().empty()) return std::nullopt;
    return times;
}

// -- ids ---

namespace {

// Ids that are made one after the other in a millisecond differ by a random step of up to this.
constexpr std::uint64_t step_max = 0x10000;

bool is_step(const uuid& before, const uuid& id) noexcept {
    return id.high == before.high && id.low > before.low && id.low - before.low <= step_max;
}

}  // namespace

void write_ids(const std::vector<uuid>& ids, std::string& out) {
    byte_writer bytes(out);
    std::uint64_t before = 0;
    for (std::size_t begin = 0, end = 0; begin < ids.size(); begin = end) {
        for (end = begin + 1; end < ids.size() && is_step(ids[end - 1], ids[end]);) ++end;
        bytes.varint(zigzag(static_cast<std::int64_t>(ids[begin].high - before)));
        bytes.fixed(ids[begin].low);
        bytes.varint(end - begin - 1);
        for (std::size_t i = begin + 1; i < end; ++i)
            bytes.fixed(static_cast<std::uint16_t>(ids[i].low - ids[i - 1].low - 1));
        before = ids[begin].high;
    }
}

std::optional<std::vector<uuid>> segment_columns::ids() const {
    std::shared_ptr<const std::string> unpacked;
    const auto bytes = parts_.part(part_id, unpacked);
    if (!bytes) return std::nullopt;
    byte_reader in(*bytes);
    std::vector<uuid> ids;
    ids.reserve(events());
    uuid id;
    while (ids.size() < events() && !in.failed()) {
        id.high += static_cast<std::uint64_t>(unzigzag(in.varint()));
        id.low = in.fixed<std::uint64_t>();
        ids.push_back(id);
        for (std::uint64_t steps = in.varint(); steps > 0 && ids.size() < events(); --steps) {
            id.low += std::uint64_t{in.fixed<std::uint16_t>()} + 1;
            ids.push_back(id);
        }
    }
    if (in.failed() || !in.rest().empty()) return std::nullopt;
    return ids;
}

// -- codes ---

void write_codes(const std::vector<std::uint16_t>& codes, std::size_t greatest, std::string& out) {
    byte_writer bytes(out);
    const bool is_constant = std::all_of(codes.begin(), codes.end(), [&](auto code) { return code == codes.front(); });
    if (is_constant) {
        bytes.fixed(code_width::constant);
        return bytes.fixed(codes.front());
    }
    bytes.fixed(greatest < 256 ? code_width::one : code_width::two);
    for (const std::uint16_t code : codes) {
        if (greatest < 256) out.push_back(static_cast<char>(code));
        else bytes.fixed(code);
    }
}

}  // namespace carrel::segments
