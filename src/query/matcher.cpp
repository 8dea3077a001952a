#include "query/matcher.hpp"

#include "json/scanner.hpp"
#include "query/fold.hpp"
#include "query/json_path.hpp"
#include "query/needle.hpp"

#include <algorithm>
#include <optional>

namespace carrel::query {

// Hears what the scanner finds, and decides the leaves that are still open.
class matcher::listener {
public:
    explicit listener(matcher& of)
        : of_(of) {
        for (leaf& each : of.leaves_) {
            if (each.known != truth::maybe) continue;
            if (each.of().path.empty()) {
                anywhere_.push_back(&each);
            } else {
                by_path_.push_back(&each);
            }
        }
    }

    void begin(char) {
        if (by_path_.empty()) return;
        for_each_here([](leaf& each) {
            if (each.of().test == test_kind::exists) each.known = truth::yes;
        });
        path_.begin();
    }
    void end(char) {
        if (!by_path_.empty()) path_.end();
    }
    void key(std::string_view raw, bool escaped) {
        if (!by_path_.empty()) path_.key(raw, escaped);
    }
    void value(json::scalar kind, std::string_view raw, bool escaped) {
        if (kind == json::scalar::null) return;
        tested_ = anywhere_;
        for_each_here([this](leaf& each) { tested_.push_back(&each); });
        if (tested_.empty()) return;
        if (escaped) {
            of_.decoded_.clear();
            json::append_decoded(of_.decoded_, raw);
        }
        test_all(tested_, escaped ? std::string_view(of_.decoded_) : raw, of_.folded_);
        std::erase_if(anywhere_, is_decided);
    }

private:
    static bool is_decided(const leaf* each) noexcept { return each->known != truth::maybe; }

    // The open leaves that ask for the member at hand.
    template <class Each>
    void for_each_here(Each each) {
        if (by_path_.empty() || !path_.is_named()) return;
        for (leaf* leaf : by_path_)
            if (!is_decided(leaf) && leaf->of().path == path_.text()) each(*leaf);
    }

    matcher& of_;
    json_path path_;
    std::vector<leaf*> anywhere_, by_path_, tested_;
};

matcher::matcher(const expression& of)
    : root_(compile(of, leaves_)) {}

void matcher::test_columns(const event_columns& columns) {
    for (leaf& each : leaves_) {
        each.known = truth::maybe;
        const column of = each.of().of;
        if (of == column::none) continue;
        bool passed = false;
        if (is_time(of)) {
            passed = each.passes(time_of(columns, of));
        } else if (const auto text = text_of(columns, of)) {
            passed = each.passes_whole(*text, folded_);
        }
        each.known = passed ? truth::yes : truth::no;
    }
}

truth matcher::glance(std::string_view text) {
    std::optional<bool> literal;
    const auto is_absent = [&](const leaf& each) {
        const auto& needles = each.needles();
        const bool lacks = std::any_of(needles.begin(), needles.end(),
                                       [&](const std::string& needle) { return !occurs(text, needle); });
        if (!lacks && !(each.is_beyond_ascii() && is_ascii(text))) return false;
        if (!literal) literal = is_literal(text);
        return *literal;
    };
    return evaluate(root_, [&](std::size_t number) {
        leaf& each = leaves_[number];
        if (each.known == truth::maybe && each.of().of == column::none && is_absent(each)) each.known = truth::no;
        return each.known;
    });
}

truth matcher::conclude() const {
    return evaluate(root_,
                    [&](std::size_t number) { return leaves_[number].known == truth::yes ? truth::yes : truth::no; });
}

bool matcher::matches(std::string_view fields, const event_columns& columns) {
    test_columns(columns);
    const truth first = glance(fields);
    if (first != truth::maybe) return first == truth::yes;
    listener sink(*this);
    json::scanner(fields, sink, json_depth_max).run();
    return conclude() == truth::yes;
}

bool matcher::can_match(std::string_view text) {
    for (leaf& each : leaves_) each.known = truth::maybe;
    return glance(text) != truth::no;
}

bool matcher::matches_text(std::string_view text) {
    for (leaf& each : leaves_)
        each.known = each.of().is_anywhere() && each.passes_whole(text, folded_) ? truth::yes : truth::no;
    return conclude() == truth::yes;
}

}  // namespace carrel::query
