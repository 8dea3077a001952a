#include "siem/event_reader.hpp"

#include "base/time.hpp"
#include "json/scanner.hpp"
#include "query/fold.hpp"
#include "siem/event_mapping.hpp"

#include <array>
#include <utility>
#include <vector>

namespace carrel::siem {

namespace {

constexpr std::size_t index(event_column of) { return static_cast<std::size_t>(of); }

// Hears what the scanner finds.
class listener {
public:
    using entry = event_mappings::entry;

    listener(query::token_buffers& buffers, const event_mappings& mappings, new_event& into,
             std::string_view identity_path, bool is_envelope)
        : mappings_(mappings),
          keep_{&into},
          tokens_(buffers, keep_),
          identity_path_(identity_path),
          is_envelope_(is_envelope) {
        ranks_.fill(entry::no_rank);
    }

    void begin(char bracket) {
        tokens_.begin(bracket);
        if (bracket == '[') ++arrays_;
    }
    void end(char bracket) {
        tokens_.end(bracket);
        if (bracket == ']') --arrays_;
    }
    void key(std::string_view raw, bool escaped) { tokens_.key(raw, escaped); }
    void value(json::scalar kind, std::string_view raw, bool escaped) {
        const std::string_view text = tokens_.value(kind, raw, escaped);
        // An element of an array is one of many.
        if (kind == json::scalar::null || arrays_ != 0) return;
        const std::string_view path = tokens_.path();
        if (!identity_path_.empty() && path == identity_path_) take_identity(kind, text);
        const entry* found = mappings_.find(path);
        if (is_envelope_) {
            if (path == "time") return take_outer_time(text);
            constexpr std::string_view inner = "event.";
            if (found == nullptr && path.starts_with(inner)) found = mappings_.find(path.substr(inner.size()));
        }
        if (found != nullptr) offer(*found, kind, text);
    }

    // All was sink: what depended on other members is decided.
    void finish() {
        for (const auto& [of, text] : guarded_)
            if (of->holds(bits_) && of->rank < ranks_[index(of->into)]) take(*of, text);
    }

    std::optional<timestamp> at;
    std::array<std::optional<std::string>, event_column_count> texts;
    std::optional<std::string> identity;

private:
    void take_identity(json::scalar kind, std::string_view text) {
        const bool is_named = (kind == json::scalar::string || kind == json::scalar::number) && !text.empty();
        if (is_named && !identity) identity = text;
    }
    void take_outer_time(std::string_view text) {
        const auto time = parse_event_time(text);
        if (!time || (*time >= 0 && *time < 1'000'000)) return;
        at = time;
        ranks_[index(event_column::time)] = 0;
    }
    void offer(const entry& of, json::scalar kind, std::string_view text) {
        bits_ |= of.bit;
        // An earlier mapping wins, and the first of two equal keys.
        if (of.rank == entry::no_rank || of.rank >= ranks_[index(of.into)] || says_nothing(of, kind, text)) return;
        if (of.is_guarded()) {
            guarded_.emplace_back(&of, text);
        } else {
            take(of, text);
        }
    }
    static bool says_nothing(const entry& of, json::scalar kind, std::string_view text) {
        if (kind == json::scalar::boolean) return of.into != event_column::severity;
        return text == "-" || text.find_first_not_of(" \t") == text.npos || (!of.nothing.empty() && text == of.nothing);
    }
    void take(const entry& of, std::string_view text) {
        if (of.into == event_column::time) {
            const auto time = parse_event_time(text);
            // Zero stands for none.
            if (!time || (*time >= 0 && *time < 1'000'000)) return;
            at = time;
        } else {
            texts[index(of.into)] = text;
        }
        ranks_[index(of.into)] = of.rank;
    }

    const event_mappings& mappings_;
    struct keep {
        new_event* into;
        void operator()(std::uint64_t token, query::token_kind kind) const {
            into->tokens.push_back(token);
            if (kind == query::token_kind::path) into->paths.push_back(token);
        }
    } keep_;
    query::token_handler<keep> tokens_;
    std::string_view identity_path_;
    bool is_envelope_;
    std::array<std::uint16_t, event_column_count> ranks_{};
    std::vector<std::pair<const entry*, std::string>> guarded_;
    std::uint32_t bits_ = 0;  // of the paths that others depend on
    std::size_t arrays_ = 0;  // that are open
};

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
    into.tokens.clear();
    into.paths.clear();
    into.identity.reset();
    const event_mappings& mappings = mappings_ ? *mappings_ : event_mappings::builtin();
    listener sink(buffers_, mappings, into, identity_path_, are_envelopes_);
    json::scanner scan(text, sink, depth_max);
    const json::scan_error error = scan.run();
    if (error != json::scan_error::none) {
        why_ = text.empty() ? "is empty" : explain(error, scan.offset());
        return error == json::scan_error::too_deep ? verdict::refused : verdict::broken;
    }
    if (!text.starts_with('{')) {
        why_ = "is not a JSON object";
        return verdict::refused;
    }
    sink.finish();
    into.identity = std::move(sink.identity);
    untimed_ = !sink.at;
    into.at = sink.at.value_or(received_at);
    const auto text_of = [&](event_column of) { return std::move(sink.texts[index(of)]); };
    into.host = text_of(event_column::host);
    into.source = text_of(event_column::source);
    into.channel = text_of(event_column::channel);
    into.event_code = text_of(event_column::event_code);
    into.severity = text_of(event_column::severity);
    if (into.severity) into.severity = query::lower_case(*into.severity);
    return verdict::accepted;
}

}  // namespace carrel::siem
