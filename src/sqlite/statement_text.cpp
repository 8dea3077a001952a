#include "sqlite/statement_text.hpp"

#include "sqlite/statement_cache.hpp"

#include <algorithm>

namespace carrel::sqlite {
namespace {

bool is_space(char c) noexcept { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_word(char c) noexcept {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           static_cast<unsigned char>(c) >= 0x80;
}

enum class token_kind { blank, word, name, value, mark };
struct token {
    token_kind kind;
    std::string_view text;
};

// To behind the closing quote; a doubled one stands for itself.
std::size_t end_of_quoted(std::string_view sql, std::size_t from, char close) noexcept {
    for (auto at = from; at < sql.size(); ++at) {
        if (sql[at] != close) continue;
        if (close == ']' || at + 1 >= sql.size() || sql[at + 1] != close) return at + 1;
        ++at;
    }
    return sql.size();
}

template <class Test>
std::size_t end_of_run(std::string_view sql, std::size_t from, Test belongs) noexcept {
    while (from < sql.size() && belongs(sql[from])) ++from;
    return from;
}

// A number may have a point, an exponent with a sign, or be hexadecimal.
std::size_t end_of_number(std::string_view sql) noexcept {
    std::size_t at = 0;
    while (at < sql.size()) {
        const bool is_sign = (sql[at] == '+' || sql[at] == '-') && at > 0 && (sql[at - 1] | 0x20) == 'e' &&
                             sql.substr(0, 2) != "0x" && sql.substr(0, 2) != "0X";
        if (!is_word(sql[at]) && sql[at] != '.' && !is_sign) break;
        ++at;
    }
    return at;
}

std::size_t end_of_comment(std::string_view sql) noexcept {
    const bool is_line = sql.starts_with("--");
    const auto end = sql.find(is_line ? "\n" : "*/", 2);
    return end == sql.npos ? sql.size() : end + (is_line ? 1 : 2);
}

token next_token(std::string_view sql) noexcept {
    const auto upto = [&](token_kind kind, std::size_t size) { return token{kind, sql.substr(0, size)}; };
    const char c = sql[0];
    const char next = sql.size() > 1 ? sql[1] : '\0';
    if (is_space(c)) return upto(token_kind::blank, end_of_run(sql, 1, is_space));
    if (sql.starts_with("--") || sql.starts_with("/*")) return upto(token_kind::blank, end_of_comment(sql));
    if (c == '\'') return upto(token_kind::value, end_of_quoted(sql, 1, '\''));
    if ((c == 'x' || c == 'X') && next == '\'') return upto(token_kind::value, end_of_quoted(sql, 2, '\''));
    if (c == '"' || c == '`') return upto(token_kind::name, end_of_quoted(sql, 1, c));
    if (c == '[') return upto(token_kind::name, end_of_quoted(sql, 1, ']'));
    if (is_digit(c) || (c == '.' && is_digit(next))) return upto(token_kind::value, end_of_number(sql));
    if (c == '?') return upto(token_kind::value, end_of_run(sql, 1, is_digit));
    if ((c == ':' || c == '@' || c == '$') && is_word(next))
        return upto(token_kind::value, end_of_run(sql, 1, is_word));
    if (is_word(c)) return upto(token_kind::word, end_of_run(sql, 1, is_word));
    return upto(token_kind::mark, 1);
}

// A list that is repeated says no more than its first member.
void fold(std::string& text, std::string_view member, std::string_view with) {
    if (!text.ends_with(member)) return;
    const auto before = std::string_view(text).substr(0, text.size() - member.size());
    if (before.ends_with(", ..., ")) text.resize(before.size() - 2);
    else if (before.ends_with(with)) text.replace(before.size() - 2, text.npos, ", ...");
}

// To a character's beginning.
void cut(std::string& text) {
    if (text.size() <= statement_text_max) return;
    constexpr std::string_view mark = " ...";
    auto size = statement_text_max - mark.size();
    while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) --size;
    text.resize(size);
    text += mark;
}

}  // namespace

std::string normalised(std::string_view sql) {
    std::string text;
    text.reserve(std::min(sql.size(), statement_text_max));
    bool owes_blank = false;
    while (!sql.empty() && text.size() <= statement_text_max) {
        const auto found = next_token(sql);
        sql.remove_prefix(found.text.size());
        if (found.kind == token_kind::blank) {
            owes_blank = true;
            continue;
        }
        const bool is_comma = found.text == ",";
        const bool is_close = found.text == ")";
        if (owes_blank && !text.empty() && !is_comma && !is_close && !text.ends_with('(') && !text.ends_with(", "))
            text += ' ';
        owes_blank = false;
        if (found.kind == token_kind::value) text += '?';
        else text.append(found.text);
        if (is_comma) text += ' ';
        if (found.kind == token_kind::value) fold(text, "?", "?, ");
        if (is_close) {
            fold(text, "(?)", "(?), ");
            fold(text, "(?, ...)", "(?, ...), ");
        }
    }
    while (!text.empty() && (text.back() == ';' || text.back() == ' ')) text.pop_back();
    cut(text);
    return text;
}

std::uint64_t key_of(std::string_view normalised) noexcept {
    return fingerprint_of(normalised) & ~(std::uint64_t{1} << 63);
}

}  // namespace carrel::sqlite
