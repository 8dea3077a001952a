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

/// What a token is of: a path, or a word or a value there.
enum class token_kind { path, content };

/// A token of each event of which the top-level member `key` equals `value` in the sense of the filter `field.<key>`: a
/// string's text, else the text as it came. Nothing if such events need not have one.
std::optional<std::uint64_t> member_token(std::string_view key, std::string_view value);

/// What a scan for tokens needs, reused between events; not thread-safe.
struct token_buffers {
    json_path path;
    std::string decoded, folded;
};

/// Hears a scanner of JSON and calls `token(std::uint64_t, token_kind)` for each token; equal ones may come more than once. Who scans
/// for more than tokens passes its own handler's calls on.
template <class Token>
class token_handler {
public:
    token_handler(token_buffers& buffers, Token& token)
        : buffers_(buffers),
          token_(token) {
        buffers_.path.clear();
    }

    void begin(char) { buffers_.path.begin(); }
    void end(char) {
        buffers_.path.end();
        key_ = 0;
    }
    void key(std::string_view raw, bool escaped) {
        buffers_.path.key(raw, escaped);
        key_ = 0;
        if (!buffers_.path.is_named()) return;
        key_ = key_token(buffers_.path.text());
        token_(key_, token_kind::path);
    }
    /// Returns the value's text: a string decoded, else as it stands. Valid until the next call.
    std::string_view value(json::scalar kind, std::string_view raw, bool escaped) {
        const std::string_view text = escaped ? decoded(raw) : raw;
        if (buffers_.path.is_named()) {
            // An element behind a nested one.
            if (key_ == 0) key_ = key_token(buffers_.path.text());
            token_(value_token(key_, text), token_kind::content);
        }
        if (kind == json::scalar::null) return text;
        for_each_word(
            text, buffers_.folded,
            [&](std::string_view run) { token_(token_hash::of_lower(run, word_seed), token_kind::content); },
            [&](std::string_view word) { token_(word_token(word), token_kind::content); });
        return text;
    }
    /// Of the value or member at hand.
    std::string_view path() const noexcept { return buffers_.path.text(); }

private:
    std::string_view decoded(std::string_view raw) {
        buffers_.decoded.clear();
        json::append_decoded(buffers_.decoded, raw);
        return buffers_.decoded;
    }

    token_buffers& buffers_;
    Token& token_;
    std::uint64_t key_ = 0;  // the token of the path; 0 if it has to be made
};

/// Yields all tokens of events. Reused between events; not thread-safe.
class token_reader {
public:
    /// Calls `token(std::uint64_t, token_kind)` for each token of `fields`, a JSON object; equal ones may come more than
    /// once. Whatever has a value's token has that of its path.
    template <class Token>
    void for_each_token(std::string_view fields, Token&& token) {
        token_handler sink(buffers_, token);
        json::scanner(fields, sink, json_depth_max).run();
    }

private:
    token_buffers buffers_;
};

/// As above, for a caller that has one event.
template <class Token>
void for_each_token(std::string_view fields, Token&& token) {
    token_reader().for_each_token(fields, token);
}

}  // namespace carrel::query
