#include "cli/toml_text.hpp"

#include <algorithm>
#include <cstdint>

namespace carrel::cli {
namespace {

bool is_ascii(char c) noexcept { return static_cast<unsigned char>(c) < 0x80; }

// Walks over a TOML file.
class walk {
public:
    explicit walk(std::string_view text) noexcept
        : text_(text) {}

    std::size_t run() noexcept {
        if (text_.starts_with("\xef\xbb\xbf")) at_ = 3;
        while (at_ < text_.size() && !found_) {
            if (text_[at_] == '#') at_ = std::min(text_.find('\n', at_), text_.size());
            else if (opens_text()) quoted();
            else step();
        }
        return found_ ? at_ : std::string_view::npos;
    }

private:
    // A quote inside of a bare word is part of what is broken there, not the beginning of a text.
    bool opens_text() const noexcept { return (text_[at_] == '"' || text_[at_] == '\'') && !is_in_word_; }

    void step() noexcept {
        const char c = text_[at_];
        found_ = !is_ascii(c);
        if (found_) return;
        ++at_;
        // Where toml++ ends a value; a key ends at its dots and its equals sign, too.
        if (std::string_view(" \t\r\n,]}").find(c) != std::string_view::npos ||
            (!is_value_ && (c == '.' || c == '='))) {
            is_in_word_ = false;
        } else if (is_in_word_ || (c != '[' && c != '{')) {
            is_in_word_ = true;
            return;
        }
        look_at_structure(c);
    }

    // Keys stand at the beginning of a line and of the members of a table in braces.
    void look_at_structure(char c) noexcept {
        if (c == '=') is_value_ = true;
        if (is_value_ && (c == '[' || c == '{') && depth_ < 64) {
            const std::uint64_t bit = std::uint64_t{1} << depth_++;
            tables_ = c == '{' ? tables_ | bit : tables_ & ~bit;
        } else if ((c == ']' || c == '}') && depth_ > 0) {
            --depth_;
        }
        const bool is_in_table = depth_ > 0 && (tables_ >> (depth_ - 1) & 1) != 0;
        if (is_in_table && (c == '{' || c == ',')) is_value_ = false;
        else if (depth_ > 0 && !is_in_table) is_value_ = true;
        else if (depth_ == 0 && c == '\n') is_value_ = false;
    }

    void quoted() noexcept {
        const char quote = text_[at_];
        const char three[] = {quote, quote, quote};
        const bool is_long = text_.substr(at_, 3) == std::string_view(three, 3);
        const std::string_view mark(three, is_long ? 3 : 1);
        at_ += mark.size();
        while (at_ < text_.size() && !found_) {
            if (text_.substr(at_).starts_with(mark)) {
                at_ += mark.size();
                return;
            }
            if (text_[at_] == '\n' && !is_long) return;  // broken; toml++ stops here, too
            if (text_[at_] == '\\' && quote == '"') escape();
            else ++at_;
        }
    }

    // A backslash, then what it escapes, or the blanks and line ends that it folds.
    void escape() noexcept {
        const auto folded = text_.find_first_not_of(" \t\r\n", at_ + 1);
        at_ = std::min(folded, text_.size());
        if (at_ < text_.size()) step();
    }

    std::string_view text_;
    std::size_t at_ = 0;
    bool is_in_word_ = false;
    bool is_value_ = false;
    int depth_ = 0;             // brackets and braces of the value
    std::uint64_t tables_ = 0;  // which of them are braces, the outermost in the lowest bit
    bool found_ = false;
};

}  // namespace

std::size_t find_stray_letter(std::string_view toml) noexcept { return walk(toml).run(); }

}  // namespace carrel::cli
