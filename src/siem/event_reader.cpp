#include "siem/event_reader.hpp"

#include "base/time.hpp"
#include "json/scanner.hpp"
#include "json/top_level.hpp"

#include <algorithm>
#include <array>
#include <bit>

namespace carrel::siem {

namespace {

enum column : std::size_t { at_time, host, source, channel, event_code, severity, column_count };

struct candidate {
    std::string_view key;
    column into;
};

// In the order in which they are tried. `host.name` also stands for a member `name` of an object `host`.
constexpr std::array<candidate, 25> candidates = {{
    {"timestamp", at_time},
    {"@timestamp", at_time},
    {"TimeCreated", at_time},
    {"EventTime", at_time},
    {"time", at_time},
    {"ts", at_time},
    {"host", host},
    {"Hostname", host},
    {"Computer", host},
    {"hostname", host},
    {"host.name", host},
    {"source", source},
    {"SourceName", source},
    {"ProviderName", source},
    {"Provider", source},
    {"channel", channel},
    {"Channel", channel},
    {"EventID", event_code},
    {"event_code", event_code},
    {"event.code", event_code},
    {"EventId", event_code},
    {"severity", severity},
    {"Severity", severity},
    {"level", severity},
    {"Level", severity},
}};

constexpr std::size_t none = candidates.size();

// Which candidates begin with a character, a bit for each: it distinguishes most keys of most events.
constexpr std::array<std::uint32_t, 256> by_first_character = [] {
    std::array<std::uint32_t, 256> masks{};
    for (std::size_t i = 0; i < candidates.size(); ++i)
        masks[static_cast<unsigned char>(candidates[i].key[0])] |= std::uint32_t{1} << i;
    return masks;
}();

std::size_t candidate_of(std::string_view key) noexcept {
    if (key.empty()) return none;
    for (std::uint32_t mask = by_first_character[static_cast<unsigned char>(key[0])]; mask != 0; mask &= mask - 1) {
        const auto i = static_cast<std::size_t>(std::countr_zero(mask));
        if (candidates[i].key == key) return i;
    }
    return none;
}

// Hears what the scanner finds.
class listener {
public:
    explicit listener(std::string& scratch)
        : scratch_(scratch) {
        best_.fill(none);
    }

    void begin(char bracket) {
        ++depth_;
        if (depth_ == 2) in_host_ = bracket == '{' && key_is_host_;
    }
    void end(char) { --depth_; }
    void key(std::string_view raw, bool escaped) {
        if (depth_ > 2) return;
        const std::string_view key = decoded(raw, escaped);
        key_is_host_ = depth_ == 1 && key == "host";
        if (depth_ == 1) current_ = candidate_of(key);
        if (depth_ == 2) current_ = in_host_ && key == "name" ? candidate_of("host.name") : none;
    }
    void value(json::scalar kind, std::string_view raw, bool escaped) {
        const bool is_member = depth_ == 1 || (depth_ == 2 && in_host_);
        if (kind != json::scalar::null && is_member && current_ != none) offer(decoded(raw, escaped));
    }

    std::optional<timestamp> at;
    std::array<std::optional<std::string>, column_count> texts;

private:
    std::string_view decoded(std::string_view raw, bool escaped) {
        if (!escaped) return raw;
        scratch_.clear();
        json::append_decoded(scratch_, raw);
        return scratch_;
    }
    // An earlier candidate wins, and the first of two equal keys.
    void offer(std::string_view text) {
        const column into = candidates[current_].into;
        if (current_ >= best_[into]) return;
        if (into == at_time) {
            const auto time = parse_event_time(text);
            if (!time) return;
            at = time;
        } else {
            texts[into] = text;
        }
        best_[into] = current_;
    }

    std::string& scratch_;
    std::array<std::size_t, column_count> best_{};
    std::size_t depth_ = 0;
    std::size_t current_ = none;
    bool key_is_host_ = false, in_host_ = false;
};

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return text;
}

std::string explain(json::scan_error error, std::size_t offset) {
    const std::string where = " at byte " + std::to_string(offset + 1);
    switch (error) {
        case json::scan_error::invalid_utf8: return "is not UTF-8" + where;
        case json::scan_error::too_deep:
            return "is nested more than " + std::to_string(event_reader::depth_max) + " deep";
        case json::scan_error::trailing: return "has trailing characters" + where;
        default: return "is broken JSON" + where;
    }
}

}  // namespace

event_reader::verdict event_reader::read(std::string_view text, timestamp received_at, new_event& into) {
    listener heard(scratch_);
    json::scanner scan(text, heard, depth_max);
    const json::scan_error error = scan.run();
    if (error != json::scan_error::none) {
        why_ = text.empty() ? "is empty" : explain(error, scan.offset());
        return error == json::scan_error::too_deep ? verdict::refused : verdict::broken;
    }
    if (!text.starts_with('{')) {
        why_ = "is not a JSON object";
        return verdict::refused;
    }
    into.at = heard.at.value_or(received_at);
    into.host = std::move(heard.texts[host]);
    into.source = std::move(heard.texts[source]);
    into.channel = std::move(heard.texts[channel]);
    into.event_code = std::move(heard.texts[event_code]);
    into.severity.reset();
    if (heard.texts[severity]) into.severity = lower(std::move(*heard.texts[severity]));
    return verdict::accepted;
}

}  // namespace carrel::siem
