#pragma once

#include "base/siphash.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace carrel::siem {

/// Cuts texts into words for the full-text indexes: runs of letters and digits, lower-cased, Latin letters without their
/// accents. The same function makes what is indexed and what is searched for, so SQLite's tokenizer has nothing left to
/// decide (`tokenize='ascii'` on this output is the identity), and rows not indexed yet can be searched the same way.
///
/// Each word is kept once. Reused between texts; not thread-safe.
class word_list {
public:
    /// More distinct words than this are not kept: a text that has them would hold up the writer for seconds.
    static constexpr std::size_t words_max = 65'536;

    /// Adds the words of `text` that are not there yet.
    void add(std::string_view text);
    void clear() noexcept;

    /// The words, a blank behind each.
    const std::string& text() const noexcept { return text_; }
    std::size_t count() const noexcept { return words_.size(); }
    /// Whether there were more than `words_max` distinct words.
    bool is_overfull() const noexcept { return overfull_; }
    bool contains(std::string_view word) const noexcept;
    std::vector<std::string> all() const;
    /// The words as an FTS5 query that asks for all of them; empty if there is none.
    std::string query() const;

private:
    struct span {
        std::size_t begin, size;
    };
    std::string_view at(const span& word) const noexcept {
        return std::string_view(text_).substr(word.begin, word.size);
    }
    void end_word();
    std::size_t slot_of(std::string_view word) const noexcept;
    void grow();

    std::string text_;
    std::size_t word_begin_ = 0;  // of the word being made, at the end of `text_`
    std::vector<span> words_;
    // Open addressing over `words_` by a keyed hash: index + 1, 0 for free.
    std::vector<std::uint32_t> table_;
    base::hash_key key_ = base::process_hash_key();
    bool overfull_ = false;
};

}  // namespace carrel::siem
