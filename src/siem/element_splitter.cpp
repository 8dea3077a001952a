#include "siem/element_splitter.hpp"

namespace carrel::siem {

namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

}  // namespace

element_splitter::step element_splitter::next(std::string_view& bytes) {
    while (!bytes.empty()) {
        const step found = place_ == place::inside ? inside(bytes) : between(bytes);
        if (found != step::need_more) return found;
    }
    return step::need_more;
}

element_splitter::step element_splitter::finish() {
    if (place_ == place::inside && scalar_ && !in_array_) return end_element();
    return place_ == place::behind_all ? step::need_more : step::broken;
}

std::string_view element_splitter::why() const noexcept {
    if (place_ == place::behind_all)
        return "the JSON text has trailing characters; send one object a line as application/x-ndjson";
    return "the body is broken JSON";
}

// Between elements: white space, commas, brackets of the array, or the beginning of an element.
element_splitter::step element_splitter::between(std::string_view& bytes) {
    const char c = bytes.front();
    const bool before = place_ == place::before_all || place_ == place::before_first || place_ == place::before_element;
    if (!is_space(c) && before && !(place_ == place::before_all && c == '[') &&
        !(place_ == place::before_first && c == ']')) {
        place_ = place::inside;
        held_.clear();
        oversized_ = in_string_ = escaped_ = false;
        scalar_ = c != '{' && c != '[' && c != '"';
        depth_ = 0;
        return step::need_more;
    }
    bytes.remove_prefix(1);
    if (is_space(c)) return step::need_more;
    if (place_ == place::before_all) {
        in_array_ = true;
        place_ = place::before_first;
    } else if (c == ']' && place_ != place::behind_all) {
        place_ = place::behind_all;
    } else if (c == ',' && place_ == place::behind_element) {
        place_ = place::before_element;
    } else {
        return step::broken;
    }
    return step::need_more;
}

element_splitter::step element_splitter::inside(std::string_view& bytes) {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const char c = bytes[i];
        const bool delimits = c == ',' || c == ']' || c == '}' || is_space(c);
        if (scalar_ && delimits) {
            // A delimiter where a value should be: an empty element is not JSON, the check of it will say so.
            hold(bytes.substr(0, i));
            bytes.remove_prefix(i);
            return end_element();
        }
        if (!scalar_ && ends_here(c)) {
            hold(bytes.substr(0, i + 1));
            bytes.remove_prefix(i + 1);
            return end_element();
        }
    }
    hold(bytes);
    bytes = {};
    return step::need_more;
}

// Follows strings and brackets; whether this character is the element's last.
bool element_splitter::ends_here(char c) noexcept {
    if (in_string_) {
        if (escaped_) {
            escaped_ = false;
        } else if (c == '\\') {
            escaped_ = true;
        } else if (c == '"') {
            in_string_ = false;
            return depth_ == 0;
        }
        return false;
    }
    if (c == '"') in_string_ = true;
    if (c == '{' || c == '[') ++depth_;
    return (c == '}' || c == ']') && --depth_ == 0;
}

element_splitter::step element_splitter::end_element() {
    place_ = in_array_ ? place::behind_element : place::behind_all;
    return step::element;
}

void element_splitter::hold(std::string_view part) {
    if (oversized_ || held_.size() + part.size() > bytes_max_) {
        oversized_ = true;
        held_.clear();
        return;
    }
    held_.append(part);
}

}  // namespace carrel::siem
