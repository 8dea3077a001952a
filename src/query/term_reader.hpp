#pragma once

#include "query/expression.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace carrel::query {

/// Reads what stands between blanks, parentheses and operators of a query. Throws `syntax_error` with an offset in bytes,
/// from 0, as its position.
class term_reader {
public:
    term_reader(std::string_view text, const record_fields* of) noexcept
        : text_(text),
          of_(of) {}

    std::size_t at() const noexcept { return at_; }
    bool done() const noexcept { return at_ == text_.size(); }
    void skip_blanks() noexcept;
    /// Takes `sign` if it is next.
    bool take(char sign) noexcept;
    /// Takes `word` if it is next and stands alone: a blank, parenthesis, quote or the end behind it.
    bool take_operator(std::string_view word) noexcept;
    bool is_operator(std::string_view word) const noexcept;

    /// A phrase, a word, or a test of a field: the terms that must all hold.
    std::vector<term> read();

private:
    struct text_piece {
        std::string text = {};
        std::size_t begin = 0;
        bool starred = false;  // ended by `*`
    };

    char peek(std::size_t ahead = 0) const noexcept { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
    std::size_t blank_size() const noexcept;
    bool is_delimiter() const noexcept;
    bool is_drive() const noexcept;
    void take_escape(std::string& into);
    text_piece quoted();
    text_piece bare();
    text_piece value();
    std::optional<text_piece> field();
    std::vector<word> words_of(const text_piece& piece) const;
    void name(term& into, const text_piece& field) const;
    term test_of(const text_piece& field);
    std::optional<comparison> sign() noexcept;
    void compare(term& into);

    std::string_view text_;
    const record_fields* of_;  // none: events
    std::size_t at_ = 0;
};

}  // namespace carrel::query
