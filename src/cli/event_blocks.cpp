#include "cli/event_blocks.hpp"

#include <algorithm>
#include <cerrno>

namespace carrel::cli {

std::int64_t event_block::lines() const {
    if (is_array) return elements;
    const auto ends = std::count(text.begin(), text.end(), '\n');
    return text.empty() || text.back() == '\n' ? ends : ends + 1;
}

result<bool> line_blocks::next(event_block& into) {
    // What is behind the last line's end waits in `rest_`; more than `bytes_max_` is gathered only for a longer line.
    while (!at_end_ && (rest_.size() < bytes_max_ || rest_.find('\n') == std::string::npos)) {
        if (rest_.size() > line_bytes_max)
            return error(error_code(EMSGSIZE, boost::system::generic_category()), "line " + std::to_string(next_line_));
        auto more = from_.append_to(rest_);
        at_end_ = !more || !*more;
        if (more) continue;
        failure_ = more.error();
        // The end of the last line is missing.
        rest_.erase(rest_.rfind('\n') + 1);
    }
    if (rest_.empty() && failure_) return *failure_;
    if (rest_.empty()) return false;

    auto cut = rest_.rfind('\n', std::max<std::size_t>(bytes_max_, 1) - 1);
    if (at_end_ && rest_.size() <= bytes_max_) cut = rest_.size() - 1;
    else if (cut == std::string::npos) cut = std::min(rest_.find('\n'), rest_.size() - 1);
    into.text.assign(rest_, 0, cut + 1);
    into.first_line = next_line_;
    note(into.text);
    given_ += static_cast<std::int64_t>(into.text.size());
    rest_.erase(0, cut + 1);
    next_line_ += std::count(into.text.begin(), into.text.end(), '\n');
    return true;
}

result<bool> line_blocks::skip(const file_mark& to) {
    while (given_ < to.position) {
        if (rest_.empty()) {
            auto more = from_.append_to(rest_);
            if (!more) return more.error();
            if (!*more) return false;
        }
        const auto size = std::min(rest_.size(), static_cast<std::size_t>(to.position - given_));
        note(std::string_view(rest_).substr(0, size));
        given_ += static_cast<std::int64_t>(size);
        rest_.erase(0, size);
    }
    next_line_ = to.line;
    return digest() == to.digest;
}

// -- elements ---

result<bool> element_blocks::read_more() {
    read_.clear();
    read_at_ = 0;
    return from_.append_to(read_);
}

// Up to the end of an element, which the splitter then holds.
result<element_blocks::step> element_blocks::next_element() {
    const error broken(error_code(EPROTO, boost::system::generic_category()), "is broken JSON");
    for (;;) {
        auto rest = std::string_view(read_).substr(read_at_);
        if (rest.empty()) {
            auto more = read_more();
            if (!more) return more.error();
            if (*more) continue;
            if (in_array_ || (finder_.has_begun() && !finder_.is_over()))
                return error(broken.code(), "ends before its JSON does");
            const bool is_absent = finder_.has_begun() && !finder_.has_found();
            finder_.restart();
            return is_absent ? step::absent : step::end;
        }
        // Another document begins.
        const bool is_next = finder_.is_over() && rest.find_first_not_of(" \t\r\n") != rest.npos;
        if (is_next && !in_array_) {
            const bool is_absent = !finder_.has_found();
            finder_.restart();
            if (is_absent) return step::absent;
        }
        const auto before = rest.size();
        if (!in_array_) {
            const auto found = finder_.next(rest);
            if (found == siem::array_finder::step::broken) return broken;
            in_array_ = found == siem::array_finder::step::array;
            if (in_array_) elements_.restart();
        } else {
            const auto found = elements_.next(rest);
            if (found == siem::element_splitter::step::broken) return broken;
            if (found == siem::element_splitter::step::end) in_array_ = false;
            if (found == siem::element_splitter::step::element) {
                read_at_ += before - rest.size();
                return step::element;
            }
        }
        read_at_ += before - rest.size();
    }
}

result<bool> element_blocks::next(event_block& into) {
    into = {};
    into.is_array = true;
    into.first_line = given_ + 1;
    into.text = "[";
    for (;;) {
        if (!has_kept_) {
            auto found = next_element();
            // What came before the fault goes first.
            if (!found && into.elements == 0) return found.error();
            if (!found || *found == step::end) break;
            if (*found == step::absent) {
                into.faults.emplace_back(given_ + 1, absent_);
                continue;
            }
            has_kept_ = true;
        }
        const std::string_view element = elements_.element();
        if (into.elements > 0 && into.text.size() + element.size() + 2 > bytes_max_) break;
        has_kept_ = false;
        ++given_;
        note(element);
        // Its place is kept, so that faults name the right ones.
        const std::string_view sent = elements_.is_oversized() ? std::string_view("null") : element;
        if (elements_.is_oversized()) into.faults.emplace_back(given_, "is longer than 16 MiB");
        if (into.elements++ > 0) into.text.push_back(',');
        into.text.append(sent);
    }
    into.text.push_back(']');
    return into.elements > 0 || !into.faults.empty();
}

result<bool> element_blocks::skip(const file_mark& to) {
    while (given_ < to.position) {
        auto found = next_element();
        if (!found) return found.error();
        if (*found == step::end) return false;
        if (*found == step::absent) continue;
        note(elements_.element());
        ++given_;
    }
    return digest() == to.digest;
}

}  // namespace carrel::cli
