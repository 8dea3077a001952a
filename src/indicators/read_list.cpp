#include "indicators/collector.hpp"
#include "indicators/formats.hpp"
#include "indicators/text.hpp"

namespace carrel::indicators {

namespace {

// A comment begins a line or stands behind a blank: a URL may have a # within.
std::string_view without_comment(std::string_view line, std::string_view marks) {
    for (std::size_t i = 0; i < line.size(); ++i)
        if (marks.find(line[i]) != marks.npos && (i == 0 || is_blank(line[i - 1]))) return line.substr(0, i);
    return line;
}

// What a hosts file sends to nowhere.
std::string_view without_sink(std::string_view line) {
    for (const std::string_view sink : {"0.0.0.0", "127.0.0.1", "::", "::1"}) {
        if (!line.starts_with(sink) || line.size() == sink.size() || !is_blank(line[sink.size()])) continue;
        return trimmed(line.substr(sink.size()));
    }
    return line;
}

}  // namespace

reading read_list(std::string_view text, const list_options& options, const read_limits& within) {
    collector all(within);
    if (!all.take_text(text)) return all.finish();
    for (std::size_t line = 1; !text.empty() && !all.is_refused(); ++line) {
        const auto size = std::min(text.find('\n'), text.size());
        const auto value = trimmed(without_comment(trimmed(text.substr(0, size)), options.comment));
        text.remove_prefix(std::min(size + 1, text.size()));
        if (value.empty()) continue;
        candidate one;
        one.of = options.of;
        one.value = without_sink(value);
        all.add(std::move(one), {line, {}});
    }
    return all.finish();
}

}  // namespace carrel::indicators
