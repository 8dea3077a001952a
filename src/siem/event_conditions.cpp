#include "siem/event_conditions.hpp"

#include "json/scanner.hpp"
#include "json/top_level.hpp"
#include "segments/token.hpp"
#include "siem/event_reader.hpp"
#include "siem/events.hpp"

#include <algorithm>
#include <cstring>

namespace carrel::siem {

namespace {

constexpr std::string_view member_prefix = "field.";

constexpr std::array<std::string_view, segments::column_count> column_names = {"source", "host", "channel",
                                                                               "event_code", "severity"};

void add_time(std::optional<timestamp>& bound, std::string_view text, bool earliest) {
    const auto at = parse_time(text);
    if (at && (!bound || (earliest ? *at < *bound : *at > *bound))) bound = at;
}

void add_member(std::vector<event_conditions::member>& members, std::string_view key, const std::string& value) {
    const auto known = std::find_if(members.begin(), members.end(), [&](const auto& each) { return each.key == key; });
    if (known == members.end()) members.push_back({std::string(key), {value}});
    else known->values.push_back(value);
}

void add_search(std::vector<event_conditions::words>& searches, std::string_view text) {
    word_list words;
    words.add(text);
    searches.push_back(words.all());
}

// Repeating a filter means any of them, so the widest range is meant.
void add(event_conditions& into, std::string_view name, const std::string& text) {
    const auto column = std::find(column_names.begin(), column_names.end(), name);
    if (column != column_names.end())
        into.texts[static_cast<std::size_t>(column - column_names.begin())].push_back(text);
    else if (name == "from") add_time(into.range.from, text, true);
    else if (name == "to") add_time(into.range.to, text, false);
    else if (name == "q") add_search(into.searches, text);
    else if (name.starts_with(member_prefix)) add_member(into.members, name.substr(member_prefix.size()), text);
}

// A value that may be an object or an array, as it came, has no token.
bool has_token(std::string_view value) { return !value.starts_with('{') && !value.starts_with('['); }

void add_groups(event_conditions& into) {
    for (const auto& member : into.members) {
        if (!std::all_of(member.values.begin(), member.values.end(), has_token)) continue;
        auto& group = into.groups.emplace_back();
        for (const std::string& value : member.values)
            group.push_back({segments::token_of_member(segments::member_key(member.key), value)});
    }
    if (into.searches.empty()) return;
    auto& group = into.groups.emplace_back();
    for (const auto& words : into.searches) {
        auto& tokens = group.emplace_back();
        for (const std::string& word : words) tokens.push_back(segments::token_of_word(word));
    }
}

constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// Whether `text` holds the letters of `word`, a lower-case one of ASCII, in any case.
bool holds_letters(std::string_view text, std::string_view word) noexcept {
    const char first = word.front();
    const char other = first >= 'a' && first <= 'z' ? static_cast<char>(first - 32) : first;
    const auto is_here = [&](const char* at) {
        return std::equal(word.begin(), word.end(), at, [](char a, char b) { return a == lower(b); });
    };
    const char* end = text.data() + text.size() - std::min(text.size(), word.size() - 1);
    for (const char c : {first, other}) {
        for (const char* at = text.data(); at < end; ++at) {
            at = static_cast<const char*>(std::memchr(at, c, static_cast<std::size_t>(end - at)));
            if (at == nullptr) break;
            if (is_here(at)) return true;
        }
        if (other == first) break;
    }
    return false;
}

bool is_ascii(std::string_view text) noexcept {
    return std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 128; });
}

// Whether a letter of ASCII stands only for itself in a JSON text: none is escaped, and nothing folds to one.
bool shows_its_letters(std::string_view json) noexcept {
    return is_ascii(json) && json.find("\\u") == json.npos;
}

// Hears the values of an event and notes which of the wanted words are there.
class word_finder {
public:
    word_finder(const event_conditions::words& wanted, std::vector<bool>& found, word_cutter& cutter,
                std::string& scratch)
        : wanted_(wanted),
          found_(found),
          cutter_(cutter),
          scratch_(scratch) {}

    void begin(char) {}
    void end(char) {}
    void key(std::string_view, bool) {}
    void value(json::scalar kind, std::string_view raw, bool escaped) {
        if (kind == json::scalar::null) return;
        if (escaped) {
            scratch_.clear();
            json::append_decoded(scratch_, raw);
            raw = scratch_;
        }
        cutter_.cut(raw, [this](std::string_view word) { note(word); });
    }

private:
    void note(std::string_view word) {
        for (std::size_t i = 0; i < wanted_.size(); ++i)
            if (wanted_[i] == word) found_[i] = true;
    }

    const event_conditions::words& wanted_;
    std::vector<bool>& found_;
    word_cutter& cutter_;
    std::string& scratch_;
};

}  // namespace

bool event_conditions::look_at_columns() const noexcept {
    return std::any_of(texts.begin(), texts.end(), [](const auto& wanted) { return !wanted.empty(); });
}

bool event_conditions::may_pass(const segments::token_filter& tokens) const noexcept {
    return std::all_of(groups.begin(), groups.end(), [&](const auto& group) {
        return std::any_of(group.begin(), group.end(), [&](const alternative& all) {
            return std::all_of(all.begin(), all.end(), [&](std::uint64_t token) { return tokens.may_hold(token); });
        });
    });
}

event_conditions read_event_conditions(const query_pairs& query) {
    conditions checked = read_conditions(events(), query);
    event_conditions made;
    made.canonical = std::move(checked.canonical);
    made.faults = std::move(checked.faults);
    if (!made.faults.empty()) return made;
    for (const auto& [name, text] : query) add(made, name, text);
    add_groups(made);
    return made;
}

bool text_test::passes(std::string_view fields) {
    const auto& wanted = *conditions_;
    const bool has_members = std::all_of(wanted.members.begin(), wanted.members.end(),
                                         [&](const auto& member) { return holds(member, fields); });
    if (!has_members) return false;
    return wanted.searches.empty() || std::any_of(wanted.searches.begin(), wanted.searches.end(),
                                                  [&](const auto& words) { return holds_all(words, fields); });
}

bool text_test::holds(const event_conditions::member& wanted, std::string_view fields) {
    const auto value = json::top_level_value(fields, wanted.key, scratch_);
    return value && std::find(wanted.values.begin(), wanted.values.end(), *value) != wanted.values.end();
}

bool text_test::holds_all(const event_conditions::words& wanted, std::string_view fields) {
    for (const std::string& word : wanted)
        if (is_ascii(word) && !holds_letters(fields, word) && shows_its_letters(fields)) return false;
    found_.assign(wanted.size(), false);
    word_finder finder(wanted, found_, cutter_, scratch_);
    json::scanner(fields, finder, event_reader::depth_max).run();
    return std::find(found_.begin(), found_.end(), false) == found_.end();
}

}  // namespace carrel::siem
