#include "resource/text_candidates.hpp"

#include "query/fold.hpp"

#include <vector>

namespace carrel::siem {

namespace {

using query::expression;
using query::node_kind;
using query::test_kind;

// The stack of FTS5's parser has a hundred places, of which a level takes three.
constexpr int levels_max = 16;

class maker {
public:
    explicit maker(const std::function<bool(std::string_view)>& is_indexed)
        : is_indexed_(is_indexed) {}

    text_candidates of(const expression& what, int levels) const {
        if (what.kind == node_kind::term) return of_term(what.leaf);
        if (what.kind == node_kind::none_of || levels == levels_max) return {};
        std::vector<text_candidates> parts;
        for (const expression& part : what.parts) parts.push_back(of(part, levels + 1));
        return what.kind == node_kind::all_of ? all(parts) : any(parts);
    }

private:
    static text_candidates all(const std::vector<text_candidates>& parts) {
        text_candidates made{.match = {}, .exact = true};
        for (const text_candidates& part : parts) {
            made.exact = made.exact && part.exact;
            if (!part.match.empty()) add(made.match, " AND ", part.match);
        }
        return made;
    }
    static text_candidates any(const std::vector<text_candidates>& parts) {
        text_candidates made{.match = {}, .exact = true};
        for (const text_candidates& part : parts) {
            if (part.match.empty()) return {};
            made.exact = made.exact && part.exact;
            add(made.match, " OR ", part.match);
        }
        return made;
    }
    static void add(std::string& into, std::string_view with, const std::string& part) {
        if (!into.empty()) into += with;
        const bool is_group = part.find(' ') != part.npos;
        into.append(is_group ? "(" : "").append(part).append(is_group ? ")" : "");
    }

    text_candidates of_term(const query::term& leaf) const {
        if (!leaf.path.empty() && !is_indexed_(leaf.path)) return {};
        if (leaf.test == test_kind::equals) return {.match = all_words(leaf.value), .exact = false};
        text_candidates made;
        for (const query::word& each : leaf.words)
            if (!each.inside) add(made.match, " AND ", '"' + each.text + (each.prefix ? "\"*" : "\""));
        made.exact = leaf.is_anywhere() && leaf.words.size() == 1 && !leaf.words.front().inside;
        return made;
    }
    static std::string all_words(std::string_view text) {
        std::string folded, match;
        query::append_folded(folded, text);
        for (std::size_t at = 0; at < folded.size();) {
            const std::size_t end = std::min(folded.find(' ', at), folded.size());
            if (end != at) add(match, " AND ", '"' + folded.substr(at, end - at) + '"');
            at = end + 1;
        }
        return match;
    }

    const std::function<bool(std::string_view)>& is_indexed_;
};

}  // namespace

text_candidates candidates_of(const expression& of, const std::function<bool(std::string_view)>& is_indexed) {
    return maker(is_indexed).of(of, 0);
}

}  // namespace carrel::siem
