#include "base/multipart.hpp"

#include <algorithm>

namespace carrel::base {

namespace {

bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }

std::string_view trimmed(std::string_view text) noexcept {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

bool is_name(std::string_view text) noexcept {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
    });
}

std::string lower_of(std::string_view text) {
    std::string made(text);
    for (char& c : made)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    return made;
}

bool has_control(std::string_view text) noexcept {
    return std::any_of(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return (byte < 0x20 && c != '\t') || byte == 0x7f;
    });
}

}  // namespace

multipart_reader::multipart_reader(std::string_view boundary, part_sink& sink)
    : sink_(&sink),
      delimiter_(std::string("\r\n--").append(boundary)) {}

bool multipart_reader::is_boundary(std::string_view text) noexcept {
    constexpr std::string_view marks = "'()+_,-./:=? ";
    return !text.empty() && text.size() <= boundary_bytes_max && text.back() != ' ' &&
           std::all_of(text.begin(), text.end(), [&](char c) {
               return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                      marks.find(c) != marks.npos;
           });
}

bool multipart_reader::fail(std::string why) {
    if (why_.empty()) why_ = std::move(why);
    return false;
}

bool multipart_reader::feed(std::string_view bytes) {
    if (!why_.empty()) return false;
    if (state_ == state::epilogue) return true;
    kept_.append(bytes);
    while (step()) {
    }
    kept_.erase(0, at_);
    at_ = 0;
    return why_.empty();
}

bool multipart_reader::finish() {
    if (why_.empty() && state_ != state::epilogue)
        fail(state_ == state::preamble ? "has no part: the boundary was not found" : "ends before its last boundary");
    return why_.empty();
}

bool multipart_reader::step() {
    switch (state_) {
        case state::preamble: return find_first();
        case state::boundary_line: return read_boundary_line();
        case state::head: return read_head();
        case state::bytes: return read_bytes();
        case state::epilogue: at_ = kept_.size(); return false;
    }
    return false;
}

bool multipart_reader::find_first() {
    const auto found = rest().find(delimiter_);
    if (found == std::string_view::npos) {
        if (rest().size() > head_bytes_max) return fail("has no boundary at its beginning");
        return false;
    }
    at_ += found + delimiter_.size();
    state_ = state::boundary_line;
    return true;
}

bool multipart_reader::read_boundary_line() {
    if (rest().starts_with("--")) {
        at_ += 2;
        state_ = state::epilogue;
        return true;
    }
    const auto end = rest().find("\r\n");
    const auto line = rest().substr(0, std::min(end, rest().size()));
    if (end == std::string_view::npos)
        return line.size() > boundary_bytes_max && fail("has a boundary line that is too long");
    if (!trimmed(line).empty()) return fail("has a boundary with something behind it");
    at_ += end;  // the line end belongs to the headers, which may be empty
    state_ = state::head;
    return true;
}

bool multipart_reader::read_head() {
    const auto end = rest().find("\r\n\r\n");
    if (std::min(end, rest().size()) > head_bytes_max) return fail("has a part with too long a head");
    if (end == std::string_view::npos) return false;
    if (++parts_ > parts_max) return fail("has more than " + std::to_string(parts_max) + " parts");
    const auto head = end == 0 ? std::string_view() : rest().substr(2, end - 2);
    if (!begin_part(head)) return false;
    at_ += end + 4;
    state_ = state::bytes;
    return true;
}

bool multipart_reader::begin_part(std::string_view head) {
    part_sink::fields fields;
    while (!head.empty()) {
        const auto end = head.find("\r\n");
        const auto line = head.substr(0, end);
        head.remove_prefix(end == head.npos ? head.size() : end + 2);
        const auto colon = line.find(':');
        if (colon == line.npos || !is_name(line.substr(0, colon)) || has_control(line))
            return fail("has a part whose head is malformed");
        fields.emplace_back(lower_of(line.substr(0, colon)), std::string(trimmed(line.substr(colon + 1))));
    }
    auto why = sink_->on_part(fields);
    return why.empty() || fail(std::move(why));
}

bool multipart_reader::read_bytes() {
    const auto body = rest();
    const auto found = body.find(delimiter_);
    const auto held = delimiter_.size() - 1;  // may be the beginning of a boundary
    const auto size = found != body.npos ? found : body.size() - std::min(held, body.size());
    if (size > 0) {
        if (auto why = sink_->on_bytes(body.substr(0, size)); !why.empty()) return fail(std::move(why));
        at_ += size;
    }
    if (found == body.npos) return false;
    at_ += delimiter_.size();
    state_ = state::boundary_line;
    if (auto why = sink_->on_part_end(); !why.empty()) return fail(std::move(why));
    return true;
}

}  // namespace carrel::base
