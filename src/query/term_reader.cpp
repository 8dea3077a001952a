#include "query/term_reader.hpp"

#include "base/time.hpp"
#include "query/decimal.hpp"
#include "query/fold.hpp"
#include "query/limits.hpp"

#include <algorithm>
#include <utility>

namespace carrel::query {

namespace {

[[noreturn]] void fail(std::size_t at, std::string reason) { throw syntax_error{at, std::move(reason)}; }

std::optional<std::int64_t> time_from(std::string_view text) {
    if (const auto at = siem::parse_event_time(text)) return at;
    return siem::parse_time(std::string(text) + "T00:00:00Z");
}

}  // namespace

// ASCII's blanks, the no-break space and the ideographic one.
std::size_t term_reader::blank_size() const noexcept {
    const char c = peek();
    if (!done() && (c == ' ' || (c >= '\t' && c <= '\r'))) return 1;
    const std::string_view rest = text_.substr(at_);
    if (rest.starts_with("\xC2\xA0")) return 2;
    return rest.starts_with("\xE3\x80\x80") ? 3 : 0;
}

void term_reader::skip_blanks() noexcept {
    while (const std::size_t size = blank_size()) at_ += size;
}

bool term_reader::is_delimiter() const noexcept {
    return done() || peek() == '(' || peek() == ')' || peek() == '"' || blank_size() != 0;
}

bool term_reader::take(char sign) noexcept {
    if (done() || peek() != sign) return false;
    ++at_;
    return true;
}

bool term_reader::is_operator(std::string_view word) const noexcept {
    if (!text_.substr(at_).starts_with(word)) return false;
    term_reader behind = *this;
    behind.at_ += word.size();
    return behind.is_delimiter();
}

bool term_reader::take_operator(std::string_view word) noexcept {
    if (!is_operator(word)) return false;
    at_ += word.size();
    return true;
}

// A backslash before a letter or digit is one: paths of Windows are words as they stand.
void term_reader::take_escape(std::string& into) {
    ++at_;
    if (done()) fail(at_ - 1, "a backslash at the end has nothing to escape");
    if (is_ascii_word(peek()) || static_cast<unsigned char>(peek()) >= 0x80) {
        into.push_back('\\');
    } else {
        into.push_back(text_[at_++]);
    }
}

// `C:\` begins a path, not the value of a field C.
bool term_reader::is_drive() const noexcept {
    const char behind = peek(3);
    return is_ascii_word(peek()) && peek() > '9' && peek(1) == ':' && peek(2) == '\\' &&
           (is_ascii_word(behind) || behind == '\\' || static_cast<unsigned char>(behind) >= 0x80);
}

term_reader::text_piece term_reader::quoted() {
    text_piece piece{.begin = at_++};
    while (!done() && peek() != '"') {
        if (peek() == '\\') {
            take_escape(piece.text);
        } else {
            piece.text.push_back(text_[at_++]);
        }
    }
    if (!take('"')) fail(piece.begin, "the quote is not closed");
    if (!done() && blank_size() == 0 && peek() != '(' && peek() != ')')
        fail(at_, "a blank must follow the closing quote");
    return piece;
}

term_reader::text_piece term_reader::bare() {
    text_piece piece{.begin = at_};
    while (!is_delimiter()) {
        if (piece.starred) fail(at_ - 1, "an asterisk ends a word; write \\* or quotes for the character");
        if (peek() == '\\') {
            take_escape(piece.text);
        } else if (peek() == '*') {
            piece.starred = true;
            ++at_;
        } else {
            piece.text.push_back(text_[at_++]);
        }
    }
    if (peek() == '"') fail(at_, "a quote begins a phrase: put a blank before it, or write \\\" for the character");
    return piece;
}

term_reader::text_piece term_reader::value() { return peek() == '"' ? quoted() : bare(); }

// The name before a colon, and the colon.
std::optional<term_reader::text_piece> term_reader::field() {
    if (is_drive()) return std::nullopt;
    text_piece name{.begin = at_};
    const std::size_t begin = at_;
    while (!is_delimiter() && peek() != ':') {
        if (peek() == '*') name.starred = true;
        if (peek() == '\\') {
            take_escape(name.text);
        } else {
            name.text.push_back(text_[at_++]);
        }
    }
    if (!take(':')) {
        at_ = begin;
        return std::nullopt;
    }
    if (name.starred) fail(begin, "the name of a field has no asterisk; write \\* for the character");
    if (name.text.empty()) fail(begin, "the name of a field must stand before the colon");
    if (name.text.size() > path_max) fail(begin, "the name of a field has at most 1024 bytes");
    return name;
}

std::vector<word> term_reader::words_of(const text_piece& piece) const {
    std::vector<word> words;
    std::string folded;
    append_folded(folded, piece.text);
    if (piece.starred && (folded.empty() || folded.back() == ' '))
        fail(piece.begin, "an asterisk must stand right behind a letter or digit");
    for (std::size_t at = 0; at < folded.size();) {
        const std::size_t end = std::min(folded.find(' ', at), folded.size());
        if (end != at) {
            std::string text = folded.substr(at, end - at);
            const bool inside = is_unspaced(text);
            words.push_back({.text = std::move(text), .inside = inside});
        }
        at = end + 1;
    }
    if (words.empty()) fail(piece.begin, "must contain a word: letters or digits");
    words.back().prefix = piece.starred;
    return words;
}

std::optional<comparison> term_reader::sign() noexcept {
    if (take('>')) return take('=') ? comparison::at_least : comparison::greater;
    if (take('<')) return take('=') ? comparison::at_most : comparison::less;
    return std::nullopt;
}

void term_reader::compare(term& into) {
    const std::size_t begin = at_;
    const text_piece number = value();
    into.test = test_kind::compare;
    into.value = number.text;
    if (into.is_time) {
        const auto time = time_from(number.text);
        if (!time || number.starred) fail(begin, "must be a time, as 2026-03-04T05:06:07Z");
        into.time = *time;
    } else if (number.starred || !decimal::parse(number.text)) {
        fail(begin, "must be a number");
    }
}

void term_reader::name(term& into, const text_piece& field) const {
    if (of_ == nullptr) {
        into.of = column_named(field.text);
        into.is_time = is_time(into.of);
        if (into.of == column::none) into.path = field.text;
        return;
    }
    std::string known;
    for (const record_field& each : of_->all) {
        (known += known.empty() ? "" : ", ") += each.name;
        if (each.name != field.text) continue;
        into.path = field.text;
        into.is_time = each.kind == record_kind::time;
        if (each.kind == record_kind::name && (peek() == '<' || peek() == '>'))
            fail(at_, field.text + " is a name, which is not compared");
        return;
    }
    fail(field.begin, std::string(of_->records) + " have no such field; they have " + known);
}

term term_reader::test_of(const text_piece& field) {
    term made;
    name(made, field);
    const std::size_t begin = at_;
    if (const auto compared = sign()) {
        made.compared = *compared;
        compare(made);
        return made;
    }
    const bool exactly = take('=');
    if (peek() == '(' || (is_delimiter() && peek() != '"'))
        fail(begin, "a value must stand right behind the colon; " + field.text + ":* asks whether there is one");
    const text_piece piece = value();
    if (piece.starred && piece.text.empty() && !exactly) {
        made.test = test_kind::exists;
        return made;
    }
    if (made.is_time) fail(begin, "a time is compared with >, >=, < or <=");
    if (!exactly) {
        made.words = words_of(piece);
        return made;
    }
    if (piece.starred) fail(at_ - 1, "an exact value has no asterisk; write \\* or quotes for the character");
    made.test = test_kind::equals;
    made.value = piece.text;
    return made;
}

std::vector<term> term_reader::read() {
    std::vector<term> terms;
    if (peek() == '"') {
        terms.push_back({.words = words_of(quoted())});
    } else if (const auto name = field()) {
        terms.push_back(test_of(*name));
    } else {
        for (word& each : words_of(bare())) terms.push_back({.words = {std::move(each)}});
    }
    for (const term& each : terms)
        if (each.words.size() > phrase_max) fail(at_ - 1, "a phrase has at most 64 words");
    return terms;
}

}  // namespace carrel::query
