#pragma once

#include <carrel/session.hpp>

#include <cstdint>
#include <string_view>
#include <vector>

namespace carrel::siem {

/// Feeds of one kind that are enabled and could not be read.
struct feed_troubles {
    std::string_view kind;                  ///< `rule_feed` or `ioc_feed`.
    std::int64_t failing = 0;               ///< Whose last synchronisation failed.
    std::int64_t consecutive_failures = 0;  ///< Of the one that has failed most often since it was last read.
};

/// What waits for somebody, as far as the database knows.
struct trouble_census {
    std::vector<feed_troubles> feeds;    ///< An entry for each kind; empty before the first census.
    std::int64_t listeners_failing = 0;  ///< In error.
    /// Dead letters that nobody has dealt with; `letters_max + 1` if there are more.
    std::int64_t letters_pending = 0;

    static constexpr std::int64_t letters_max = 10'000;
};

/// Counts it anew: by indexes, and of the history of feeds that fail.
result<trouble_census> count_troubles(read_session& session);

}  // namespace carrel::siem
