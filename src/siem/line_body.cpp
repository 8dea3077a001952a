#include "siem/event_body.hpp"
#include "siem/text_trim.hpp"

#include <utility>

namespace carrel::siem {

namespace {

// Whether a line that is not JSON is the beginning of a text over several lines: a pretty-printed array or object.
bool begins_long_text(std::string_view line) { return line.starts_with('[') || line == "{"; }

class line_body final : public event_body {
public:
    step next(std::string_view& bytes, body_item& into) override {
        while (!bytes.empty()) {
            const std::size_t size = bytes.find('\n');
            const std::string_view part = bytes.substr(0, size);
            const bool is_whole = size != bytes.npos;
            bytes.remove_prefix(is_whole ? size + 1 : part.size());
            if (std::exchange(was_given_, false)) held_.clear();
            const bool fits = !is_oversized_ && held_.size() + part.size() <= event_bytes_max;
            is_oversized_ = !fits;
            if (!fits) held_.clear();
            // A line that came in one piece is not copied.
            const bool is_here = is_whole && fits && held_.empty();
            if (fits && !is_here) held_.append(part);
            if (is_whole && take(is_here ? part : held_, into)) return step::item;
        }
        return step::need_more;
    }

    step finish(body_item& into) override {
        if (std::exchange(was_given_, false)) held_.clear();
        const bool is_open = !held_.empty() || is_oversized_;
        return is_open && take(held_, into) ? step::item : step::need_more;
    }

    std::string_view why() const noexcept override { return {}; }
    std::size_t bytes_held() const noexcept override { return was_given_ ? 0 : held_.size(); }

    std::optional<std::string> on_broken_item(const body_item& of, const std::string&) override {
        if (!is_first_ || !begins_long_text(of.text)) return std::nullopt;
        return "a line must hold a whole JSON object; send JSON that spans lines as application/json";
    }

private:
    // A line has ended; false if it is blank.
    bool take(std::string_view line, body_item& into) {
        into = {};
        into.number = ++number_;
        into.text = trimmed(line);
        was_given_ = true;
        const bool was_oversized = std::exchange(is_oversized_, false);
        if (was_oversized) into.fault = too_long_fault;
        if (into.text.empty() && !was_oversized) return false;
        is_first_ = !std::exchange(any_text_, true);
        return true;
    }

    std::string held_;        // the beginning of a line whose end is still to come
    bool was_given_ = false;  // what is held was an item
    bool is_oversized_ = false;
    bool any_text_ = false, is_first_ = false;  // a line that is not blank was seen; it is the one at hand
    std::int64_t number_ = 0;
};

}  // namespace

std::unique_ptr<event_body> make_line_body() { return std::make_unique<line_body>(); }

}  // namespace carrel::siem
