#include "cli/toml_text.hpp"

#include <algorithm>

namespace carrel::cli {
namespace {

bool is_ascii(char c) noexcept { return static_cast<unsigned char>(c) < 0x80; }

// What a number, a date or a key without quotes can be made of, but for the dot, behind which a key may be quoted.
bool is_bare(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '+' || c == ':';
}

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
    // A quote behind a bare word is part of what is broken there, not the beginning of a text.
    bool opens_text() const noexcept {
        if (text_[at_] != '"' && text_[at_] != '\'') return false;
        return at_ == 0 || !is_bare(text_[at_ - 1]);
    }

    void step() noexcept {
        found_ = !is_ascii(text_[at_]);
        if (!found_) ++at_;
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
    bool found_ = false;
};

}  // namespace

std::size_t find_stray_letter(std::string_view toml) noexcept { return walk(toml).run(); }

}  // namespace carrel::cli
