#include "actors/log.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

namespace carrel::detail {

void write_log(const options& settings, log_level level, std::string_view text) noexcept {
    try {
        if (settings.log) settings.log(level, text);
    } catch (...) {
        // A sink that throws breaks its contract, and a line less is the least harm.
    }
}

void write_log(const options& settings, log_level level, std::string_view text, const error& reason) noexcept {
    try {
        write_log(settings, level, std::string(text) + reason.message());
    } catch (...) {
        write_log(settings, level, text);
    }
}

// -- episodes ---

namespace {

std::string seconds_text(std::chrono::nanoseconds time) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.3f s", std::chrono::duration<double>(time).count());
    return text.data();
}

struct named_hold {
    std::string statement;
    std::chrono::nanoseconds time{0};
    std::uint64_t runs = 0;
};

void add(std::vector<named_hold>& all, std::string statement, std::chrono::nanoseconds time, std::uint64_t runs) {
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const auto& each) { return each.statement == statement; });
    auto& one = found != all.end() ? *found : all.emplace_back();
    one.statement = std::move(statement);
    one.time += time;
    one.runs += runs;
}

// What has ended, and of what runs the time since the episode began.
std::string holders_text(const sqlite::query_registry& queries, query_lane lane, const exhaustion::episode& of) {
    constexpr std::size_t named_max = 3;
    constexpr std::size_t text_max = 200;
    std::vector<named_hold> all;
    for (const auto& each : of.holds)
        if (each.runs != 0) add(all, queries.text_of(each.statement), each.time, each.runs);
    for (auto& each : queries.running())
        if (each.lane == lane) add(all, std::move(each.statement), std::min(each.running, of.length), 1);
    std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.time > b.time; });
    std::string text;
    for (std::size_t i = 0; i < std::min(all.size(), named_max); ++i) {
        text += text.empty() ? "; held by: " : " | ";
        text += seconds_text(all[i].time) + " in " + std::to_string(all[i].runs) + " runs of ";
        text += all[i].statement.empty() ? std::string("no statement") : all[i].statement.substr(0, text_max);
    }
    return text;
}

}  // namespace

void log_episode_begin(const options& settings, const episode_words& words, const sqlite::query_registry& queries,
                       const exhaustion::episode& on) noexcept {
    try {
        std::string text(words.begun);
        text += "; " + std::to_string(on.peak_queue) + " waiting, the longest for " + seconds_text(on.longest_wait);
        write_log(settings, log_level::warning, text + holders_text(queries, words.lane, on));
    } catch (...) {
        write_log(settings, log_level::warning, words.begun);
    }
}

void log_episode_end(const options& settings, const episode_words& words, const sqlite::query_registry& queries,
                     const exhaustion::episode& ended) noexcept {
    try {
        const auto length = std::chrono::duration_cast<std::chrono::milliseconds>(ended.length).count();
        std::string text(words.over);
        text += " after " + std::to_string(length) + " ms, " + std::to_string(ended.jobs) + " ";
        text.append(words.kind).append(" waited, at most ") += std::to_string(ended.peak_queue) + " at a time";
        text += ", the longest for " + seconds_text(ended.longest_wait);
        write_log(settings, log_level::warning, text + holders_text(queries, words.lane, ended));
    } catch (...) {
        write_log(settings, log_level::warning, words.over);
    }
}

}  // namespace carrel::detail
