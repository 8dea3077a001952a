#include "json/pieces.hpp"

#include "json/writer.hpp"

#include <charconv>
#include <stdexcept>

namespace carrel::json {

short_text::short_text(std::string_view text)
    : size_(static_cast<std::uint8_t>(text.size())) {
    if (text.size() > size_max) throw std::length_error("not a short text: " + std::string(text));
    text.copy(bytes_.data(), text.size());
}

void pieces::flush() {
    out_.append(held_.data(), end_);
    end_ = held_.data();
}

void pieces::raw(std::string_view json) {
    if (json.empty()) return;
    make_room(json.size());
    if (json.size() > room()) {
        out_.append(json);
        return;
    }
    std::memcpy(end_, json.data(), json.size());
    end_ += json.size();
}

void pieces::string(std::string_view text) {
    if (is_plain(text)) return plain(text);
    flush();
    writer(out_).string(text);
}

void pieces::plain(std::string_view text) {
    put('"');
    raw(text);
    put('"');
}

void pieces::integer(std::int64_t number) {
    make_room(20);  // -9223372036854775808
    end_ = std::to_chars(end_, held_.data() + held_.size(), number).ptr;
}

}  // namespace carrel::json
