#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace carrel::cli {

/// Keeps a log readable while one thing happens again and again: of entries that differ only in their numbers a few a
/// minute pass, the rest are counted. A pure state machine; not thread-safe.
class repeat_filter {
public:
    using time_point = std::chrono::steady_clock::time_point;
    static constexpr std::uint64_t passed_max = 5;  // of a kind, within `window`
    static constexpr std::chrono::seconds window{60};
    /// Of one level that are distinguished. Those beyond count as one kind: texts that somebody makes up cannot fill the log, nor
    /// hide entries of another level.
    static constexpr std::size_t kinds_max = 256;

    /// Whether the entry is to be written now.
    bool passes(int level, std::string_view text, time_point now);

    struct summary {
        int level;
        std::string text;
    };
    /// What is to be written about kinds whose window is over at `now`; all of them with `time_point::max()`.
    std::vector<summary> due(time_point now);

private:
    struct kind {
        time_point began;
        std::uint64_t seen = 0;
        std::string example;
    };
    std::map<std::pair<int, std::string>, kind> kinds_;
    std::map<int, std::size_t> kinds_of_level_;
};

}  // namespace carrel::cli
