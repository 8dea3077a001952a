#pragma once

#include "actors/exhaustion.hpp"
#include "sqlite/query_registry.hpp"

#include <carrel/error.hpp>
#include <carrel/options.hpp>

#include <string_view>

namespace carrel::detail {

/// Hands a line to the host's log sink; drops it if there is no memory for it.
void write_log(const options& settings, log_level level, std::string_view text) noexcept;
void write_log(const options& settings, log_level level, std::string_view text, const error& reason) noexcept;

/// How the episodes of a pool are written about.
struct episode_words {
    std::string_view begun, over, kind;
    query_lane lane;
};
inline constexpr episode_words reader_episode{
    "readers exhausted: all are busy and reads wait longer than the threshold", "reader exhaustion over", "reads",
    query_lane::background};
inline constexpr episode_words writer_episode{"writer exhausted: mutations wait longer than the threshold",
                                              "writer exhaustion over", "mutations", query_lane::writer};

/// "WORDS; N waiting, the longest for T; held by …": the three statements that have held connections the longest, what runs
/// now included.
void log_episode_begin(const options& settings, const episode_words& words, const sqlite::query_registry& queries,
                       const exhaustion::episode& on) noexcept;
/// "WORDS after N ms, M KIND waited, at most …, the longest for T; held by …".
void log_episode_end(const options& settings, const episode_words& words, const sqlite::query_registry& queries,
                     const exhaustion::episode& ended) noexcept;

}  // namespace carrel::detail
