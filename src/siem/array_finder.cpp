#include "siem/array_finder.hpp"

#include "json/top_level.hpp"

namespace carrel::siem {

namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// No name of a path is as long, with each character escaped.
constexpr std::size_t key_bytes_max = 8 * 1024;

}  // namespace

array_finder::array_finder(std::string_view path) {
    for (std::size_t at = 0; at <= path.size();) {
        const std::size_t dot = std::min(path.find('.', at), path.size());
        path_.emplace_back(path.substr(at, dot - at));
        at = dot + 1;
    }
}

void array_finder::restart() noexcept {
    place_ = place::before_all;
    matched_ = depth_ = 0;
    in_string_ = escaped_ = scalar_ = found_ = null_ = other_ = false;
}

array_finder::step array_finder::next(std::string_view& bytes) {
    while (!bytes.empty()) {
        const char c = bytes.front();
        if (place_ == place::in_value && ends_value(c)) {
            place_ = place::behind_value;
            if (scalar_) continue;  // the character that ended it is not its own
        } else if (place_ != place::in_value) {
            const step found = take(c);
            if (found == step::broken) return found;
            const bool is_end = place_ == place::behind_all && c == '}';
            if (found == step::array || is_end) {
                bytes.remove_prefix(1);
                return found;
            }
        }
        bytes.remove_prefix(1);
    }
    return step::need_more;
}

array_finder::step array_finder::take(char c) {
    if (place_ == place::in_key) {
        if (take_key(c)) place_ = place::before_colon;
        return step::need_more;
    }
    if (is_space(c)) return step::need_more;
    switch (place_) {
        case place::before_all:
            if (c != '{') return step::broken;
            place_ = place::before_first_key;
            return step::need_more;
        case place::before_first_key:
        case place::before_key:
            if (c == '}' && place_ == place::before_first_key) leave_object();
            else if (c != '"') return step::broken;
            else place_ = place::in_key, key_.clear();
            return step::need_more;
        case place::before_colon: place_ = place::before_value; return c == ':' ? step::need_more : step::broken;
        case place::before_value: return begin_value(c);
        case place::behind_value:
            if (c == '}') leave_object();
            else if (c != ',') return step::broken;
            else place_ = place::before_key;
            return step::need_more;
        default: return step::broken;
    }
}

// Whether the key has ended; `key_` is then its text.
bool array_finder::take_key(char c) {
    if (!escaped_ && c == '"') {
        if (key_.find('\\') != std::string::npos) {
            std::string text;
            json::append_decoded(text, key_);
            key_ = std::move(text);
        }
        return true;
    }
    escaped_ = !escaped_ && c == '\\';
    if (key_.size() < key_bytes_max) key_.push_back(c);
    return false;
}

array_finder::step array_finder::begin_value(char c) {
    const bool is_named = key_ == path_[matched_];
    const bool is_last = matched_ + 1 == path_.size();
    if (is_named && is_last && c == '[') {
        found_ = true;
        place_ = place::behind_value;
        return step::array;
    }
    if (is_named && !is_last && c == '{') {
        ++matched_;
        place_ = place::before_first_key;
        return step::need_more;
    }
    if (c == ',' || c == '}' || c == ']' || c == ':') return step::broken;
    if (is_named) (is_last && c == 'n' ? null_ : other_) = true;
    place_ = place::in_value;
    scalar_ = c != '{' && c != '[' && c != '"';
    in_string_ = c == '"';
    escaped_ = false;
    depth_ = c == '{' || c == '[' ? 1 : 0;
    return step::need_more;
}

// Follows a value that is passed over; whether this character ends it.
bool array_finder::ends_value(char c) {
    if (in_string_) {
        if (!escaped_ && c == '"') in_string_ = false;
        escaped_ = !escaped_ && c == '\\';
        return !in_string_ && depth_ == 0;
    }
    if (scalar_) return is_space(c) || c == ',' || c == '}' || c == ']';
    if (c == '"') in_string_ = true;
    if (c == '{' || c == '[') ++depth_;
    return (c == '}' || c == ']') && --depth_ == 0;
}

void array_finder::leave_object() {
    if (matched_ == 0) {
        place_ = place::behind_all;
        return;
    }
    --matched_;
    place_ = place::behind_value;
}

}  // namespace carrel::siem
