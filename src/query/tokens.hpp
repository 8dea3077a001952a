#pragma once

#include "json/scanner.hpp"
#include "query/fold.hpp"
#include "query/hash.hpp"
#include "query/json_path.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace carrel::query {

/// What events are found by without being read: 64-bit hashes of the words of their values, of the paths of their members,
/// and of a path with the value there.
inline constexpr std::uint64_t word_seed = 0x77, key_seed = 0x6b;

inline std::uint64_t word_token(std::string_view folded) noexcept { return token_hash::of(folded, word_seed); }
inline std::uint64_t key_token(std::string_view path) noexcept { return token_hash::of(path, key_seed); }
/// `text` is a string decoded, any other scalar as it stands.
inline std::uint64_t value_token(std::uint64_t key, std::string_view text) noexcept {
    return token_hash::of(text, key);
}

/// A token of each event of which the top-level member `key` equals `value` in the sense of the filter `field.<key>`: a
/// string's text, else the text as it came. Nothing if such events need not have one.
std::optional<std::uint64_t> member_token(std::string_view key, std::string_view value);

/// Yields all tokens of events. Reused between events; not thread-safe.
class token_reader {
public:
    /// Calls `token(std::uint64_t)` for each token of `fields`, a JSON object; equal ones may come more than once.
    template <class Token>
    void for_each_token(std::string_view fields, Token&& token) {
        path_.clear();
        handler<Token> heard{*this, token};
        json::scanner(fields, heard, json_depth_max).run();
    }

private:
    template <class Token>
    struct handler {
        token_reader& state;
        Token& token;
        std::uint64_t key_hash = 0;

        void begin(char) { state.path_.begin(); }
        void end(char) {
            state.path_.end();
            key_hash = 0;
        }
        void key(std::string_view raw, bool escaped) {
            state.path_.key(raw, escaped);
            key_hash = 0;
            if (!state.path_.is_named()) return;
            key_hash = key_token(state.path_.text());
            token(key_hash);
        }
        void value(json::scalar kind, std::string_view raw, bool escaped) {
            const std::string_view text = escaped ? state.decoded(raw) : raw;
            if (state.path_.is_named()) {
                // An element behind a nested one.
                if (key_hash == 0) key_hash = key_token(state.path_.text());
                token(value_token(key_hash, text));
            }
            if (kind == json::scalar::null) return;
            for_each_word(
                text, state.folded_, [&](std::string_view run) { token(token_hash::of_lower(run, word_seed)); },
                [&](std::string_view word) { token(word_token(word)); });
        }
    };

    std::string_view decoded(std::string_view raw) {
        decoded_.clear();
        json::append_decoded(decoded_, raw);
        return decoded_;
    }

    json_path path_;
    std::string decoded_, folded_;
};

/// As above, for a caller that has one event.
template <class Token>
void for_each_token(std::string_view fields, Token&& token) {
    token_reader().for_each_token(fields, token);
}

}  // namespace carrel::query
