#include "base/words.hpp"

#include "base/siphash.hpp"
#include "base/utf8.hpp"

#include <algorithm>
#include <array>

namespace carrel::siem {

namespace {

// What an ASCII character becomes; 0 ends a word.
constexpr std::array<char, 128> ascii = [] {
    std::array<char, 128> table{};
    for (unsigned char c = '0'; c <= '9'; ++c) table[c] = static_cast<char>(c);
    for (unsigned char c = 'a'; c <= 'z'; ++c) table[c] = static_cast<char>(c);
    for (unsigned char c = 'A'; c <= 'Z'; ++c) table[c] = static_cast<char>(c + 32);
    return table;
}();

// U+00C0 to U+017F without case and accent; '?' stays as it is, ' ' ends a word.
constexpr std::string_view latin =
    "aaaaaa?ceeeeiiii?nooooo ouuuuy??aaaaaa?ceeeeiiii?nooooo ouuuuy?y"
    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiii???jjkk?lllllll"
    "lllnnnnnn???oooooo??rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";
static_assert(latin.size() == 0x180 - 0xC0);

constexpr bool within(char32_t c, char32_t first, char32_t last) { return c >= first && c <= last; }

constexpr bool ends_word(char32_t c) {
    if (c < 0xC0)
        return c != 0xAA && c != 0xB2 && c != 0xB3 && c != 0xB5 && c != 0xB9 && c != 0xBA && !within(c, 0xBC, 0xBE);
    return within(c, 0x2000, 0x206F) || within(c, 0x20A0, 0x20CF) || within(c, 0x2190, 0x2BFF) ||
           within(c, 0x3000, 0x3004) || within(c, 0x3008, 0x3020) || within(c, 0xFE10, 0xFE6F) ||
           within(c, 0xFF01, 0xFF0F) || within(c, 0xFF1A, 0xFF20) || within(c, 0xFF3B, 0xFF40) ||
           within(c, 0xFF5B, 0xFF65) || within(c, 0xFFF0, 0xFFFF) || within(c, 0x1F000, 0x1FAFF);
}

constexpr bool is_accent(char32_t c) { return within(c, 0x300, 0x36F); }

constexpr char32_t lower(char32_t c) {
    if (within(c, 0x391, 0x3A9) || within(c, 0x410, 0x42F) || within(c, 0xFF21, 0xFF3A)) return c + 32;
    if (within(c, 0x400, 0x40F)) return c + 80;
    switch (c) {
        case 0xC6: return 0xE6;
        case 0xD0: return 0xF0;
        case 0xDE: return 0xFE;
        case 0x132: return 0x133;
        case 0x14A: return 0x14B;
        case 0x152: return 0x153;
        default: return c;
    }
}

// Appends what a character beyond ASCII becomes; false if it ends a word.
bool append_folded(std::string& out, char32_t c) {
    if (is_accent(c)) return true;
    if (within(c, 0xC0, 0x17F)) {
        const char base = latin[c - 0xC0];
        if (base == ' ') return false;
        if (base != '?') {
            out.push_back(base);
            return true;
        }
    } else if (ends_word(c)) {
        return false;
    }
    json::append_utf8(out, lower(c));
    return true;
}

}  // namespace

void word_list::add(std::string_view text) {
    for (std::size_t at = 0; at < text.size() && !overfull_;) {
        const auto byte = static_cast<unsigned char>(text[at]);
        if (byte < 128) {
            ++at;
            if (const char c = ascii[byte]; c != 0) {
                text_.push_back(c);
            } else {
                end_word();
            }
            continue;
        }
        const auto next = json::first_code_point(text.substr(at));
        at += std::max<std::size_t>(next.size, 1);
        if (next.size == 0 || !append_folded(text_, next.value)) end_word();
    }
    end_word();
}

void word_list::clear() noexcept {
    text_.clear();
    words_.clear();
    word_begin_ = 0;
    overfull_ = false;
    // One huge text must not make clearing dear for all that follow.
    if (table_.size() > 8192) table_.clear();
    std::fill(table_.begin(), table_.end(), 0);
}

bool word_list::contains(std::string_view word) const noexcept { return !table_.empty() && table_[slot_of(word)] != 0; }

std::vector<std::string> word_list::all() const {
    std::vector<std::string> list;
    for (const span& word : words_) list.emplace_back(at(word));
    return list;
}

std::string word_list::query() const {
    std::string query;
    for (const span& word : words_) {
        if (!query.empty()) query += " AND ";
        query += '"';
        query += at(word);
        query += '"';
    }
    return query;
}

void word_list::end_word() {
    const span word{word_begin_, text_.size() - word_begin_};
    if (word.size == 0) return;
    if (words_.size() * 2 >= table_.size()) grow();
    const std::size_t slot = slot_of(at(word));
    if (table_[slot] != 0) {
        text_.resize(word_begin_);
        return;
    }
    if (words_.size() == words_max) {
        overfull_ = true;
        text_.resize(word_begin_);
        return;
    }
    words_.push_back(word);
    table_[slot] = static_cast<std::uint32_t>(words_.size());
    text_.push_back(' ');
    word_begin_ = text_.size();
}

std::size_t word_list::slot_of(std::string_view word) const noexcept {
    const std::size_t mask = table_.size() - 1;
    std::size_t slot = base::siphash<>(key_)(word) & mask;
    while (table_[slot] != 0 && at(words_[table_[slot] - 1]) != word) slot = (slot + 1) & mask;
    return slot;
}

void word_list::grow() {
    table_.assign(std::max<std::size_t>(256, table_.size() * 2), 0);
    for (std::size_t i = 0; i < words_.size(); ++i) table_[slot_of(at(words_[i]))] = static_cast<std::uint32_t>(i + 1);
}

}  // namespace carrel::siem
