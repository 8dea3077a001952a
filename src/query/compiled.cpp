#include "query/compiled.hpp"

#include "query/decimal.hpp"
#include "query/fold.hpp"

#include <algorithm>

namespace carrel::query {

namespace {

bool holds(comparison wanted, std::strong_ordering order) noexcept {
    switch (wanted) {
        case comparison::less: return order < 0;
        case comparison::at_most: return order <= 0;
        case comparison::at_least: return order >= 0;
        default: return order > 0;
    }
}

// A search compares the whole needle wherever its ends stand right: the bound keeps what a crafted text costs linear.
constexpr std::size_t needle_max = 32;

std::string longest_run(std::string_view text) {
    std::string longest, run;
    for (const char c : text) {
        if (is_ascii_word(c)) {
            run.push_back(static_cast<char>(c | 0x20));
        } else {
            run.clear();
        }
        if (run.size() > longest.size()) longest = run;
    }
    longest.resize(std::min(longest.size(), needle_max));
    return longest;
}

}  // namespace

leaf::leaf(const term& of)
    : of_(of) {
    for (const word& each : of_.words) needles_.push_back(longest_run(each.text));
    needles_.push_back(longest_run(of_.path));
    if (of_.test == test_kind::equals) needles_.push_back(longest_run(of_.value));
    std::erase(needles_, std::string());
    // The longest is the rarest, as a rule.
    std::stable_sort(needles_.begin(), needles_.end(),
                     [](const std::string& a, const std::string& b) { return a.size() > b.size(); });
    beyond_ascii_ = !is_ascii(of_.path) || (of_.test == test_kind::equals && !is_ascii(of_.value)) ||
                    std::any_of(of_.words.begin(), of_.words.end(), [](const word& w) { return !is_ascii(w.text); });
    if (!of_.words.empty()) last_ = std::uint64_t{1} << (of_.words.size() - 1);
}

bool leaf::take_folded(std::string_view folded) noexcept {
    return advance([&](const word& each) {
        if (each.inside) return folded.find(each.text) != folded.npos;
        return each.prefix ? folded.starts_with(each.text) : folded == each.text;
    });
}

bool leaf::passes(std::string_view value) const {
    switch (of_.test) {
        case test_kind::exists: return true;
        case test_kind::equals: return value == of_.value;
        case test_kind::compare: {
            const auto number = decimal::parse(value), bound = decimal::parse(of_.value);
            return number && bound && holds(of_.compared, *number <=> *bound);
        }
        default: return false;
    }
}

bool leaf::passes(std::int64_t time) const noexcept {
    return of_.test == test_kind::exists || holds(of_.compared, time <=> of_.time);
}

bool leaf::passes_whole(std::string_view text, std::string& scratch) noexcept {
    if (of_.test != test_kind::words) return passes(text);
    begin_value();
    bool passed = false;
    for_each_word(
        text, scratch, [&](std::string_view run) { passed = take_ascii(run) || passed; },
        [&](std::string_view folded) { passed = take_folded(folded) || passed; });
    return passed;
}

void test_all(std::vector<leaf*>& among, std::string_view text, std::string& scratch) {
    std::erase_if(among, [&](leaf* each) {
        if (each->of().test == test_kind::words) return false;
        if (each->passes(text)) each->known = truth::yes;
        return true;
    });
    if (among.empty()) return;
    for (leaf* each : among) each->begin_value();
    const auto settle = [](leaf* each, bool passed) {
        if (passed) each->known = truth::yes;
    };
    for_each_word(
        text, scratch,
        [&](std::string_view run) {
            for (leaf* each : among) settle(each, each->take_ascii(run));
        },
        [&](std::string_view word) {
            for (leaf* each : among) settle(each, each->take_folded(word));
        });
}

node compile(const expression& of, std::vector<leaf>& leaves) {
    node made{.kind = of.kind, .parts = {}, .leaf = leaves.size()};
    if (of.kind == node_kind::term) leaves.emplace_back(of.leaf);
    for (const expression& part : of.parts) made.parts.push_back(compile(part, leaves));
    return made;
}

}  // namespace carrel::query
