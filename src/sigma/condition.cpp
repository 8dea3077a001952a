#include "sigma/condition.hpp"

#include "sigma/limits.hpp"

#include <algorithm>

namespace carrel::sigma {

namespace {

bool is_blank(char c) noexcept { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool is_sign(char c) noexcept { return c == '(' || c == ')' || c == '|'; }

/// `*` in the pattern is any run of characters.
bool matches(std::string_view pattern, std::string_view name) {
    std::size_t p = 0, n = 0, star = pattern.npos, resumed = 0;
    while (n < name.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            resumed = n;
        } else if (p < pattern.size() && pattern[p] == name[n]) {
            ++p;
            ++n;
        } else if (star != pattern.npos) {
            p = star + 1;
            n = ++resumed;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', p) == pattern.npos;
}

struct word {
    std::string_view text;  // empty at the end
    std::size_t offset = 0;
};

class condition_parser {
public:
    condition_parser(std::string_view text, std::span<const std::string> names)
        : text_(text),
          names_(names) {
        advance();
    }

    condition parse() {
        condition all = alternatives();
        if (next_.text == "|") refuse(next_, "aggregations behind | were replaced by correlation rules");
        if (next_.text == ")") refuse(next_, "there is no bracket to close");
        if (!next_.text.empty()) refuse(next_, unexpected(next_.text));
        return all;
    }

private:
    [[noreturn]] static void refuse(const word& at, std::string detail) {
        throw condition_fault{at.offset, std::move(detail)};
    }

    void advance() {
        while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
        const std::size_t begin = at_;
        if (at_ < text_.size() && is_sign(text_[at_])) {
            ++at_;
        } else {
            while (at_ < text_.size() && !is_blank(text_[at_]) && !is_sign(text_[at_])) ++at_;
        }
        next_ = {text_.substr(begin, at_ - begin), begin};
    }
    bool take(std::string_view text) {
        if (next_.text != text) return false;
        advance();
        return true;
    }

    template <class Part>
    condition joined(std::string_view by, condition::kinds kind, const Part& part) {
        condition first = part();
        if (next_.text != by) return first;
        condition all{.kind = kind};
        all.parts.push_back(std::move(first));
        while (take(by)) all.parts.push_back(part());
        count(next_);
        return all;
    }
    condition alternatives() {
        return joined("or", condition::kinds::one_of, [this] { return conjunction(); });
    }
    condition conjunction() {
        return joined("and", condition::kinds::all_of, [this] { return negation(); });
    }

    condition negation() {
        if (next_.text != "not" && next_.text != "(") return operand();
        if (++depth_ > condition_depth_max)
            refuse(next_, "condition nested deeper than " + std::to_string(condition_depth_max));
        condition made;
        if (take("not")) {
            count(next_);
            made.kind = condition::kinds::negation;
            made.parts.push_back(negation());
        } else {
            const word open = next_;
            advance();
            made = alternatives();
            if (!take(")")) refuse(next_.text.empty() ? open : next_, "bracket is not closed");
        }
        --depth_;
        return made;
    }

    condition operand() {
        const word at = next_;
        if (at.text.empty()) refuse(at, "condition ends where a name is expected");
        if (is_sign(at.text.front()) || at.text == "and" || at.text == "or")
            refuse(at, "a name is expected, not " + std::string(at.text));
        advance();
        if (next_.text == "of" && (at.text == "1" || at.text == "all" || at.text == "any")) {
            advance();
            return pattern(at.text == "all" ? condition::kinds::all_of : condition::kinds::one_of);
        }
        count(at);
        const auto found = std::find(names_.begin(), names_.end(), at.text);
        if (found == names_.end()) refuse(at, unknown(at.text));
        return {.search = static_cast<std::size_t>(found - names_.begin())};
    }

    static bool is_in_capitals(std::string_view name) noexcept {
        return name == "AND" || name == "OR" || name == "NOT" || name == "OF";
    }
    static std::string unknown(std::string_view name) {
        return is_in_capitals(name) ? unexpected(name) : "no search is called " + std::string(name);
    }
    static std::string unexpected(std::string_view name) {
        if (is_in_capitals(name)) return "operators are written in lower case, not " + std::string(name);
        return "and or or is expected, not " + std::string(name);
    }

    condition pattern(condition::kinds kind) {
        const word at = next_;
        if (at.text.empty() || is_sign(at.text.front())) refuse(at, "a pattern is expected behind of");
        advance();
        const std::string_view pattern = at.text == "them" ? "*" : at.text;
        condition all{.kind = kind};
        for (std::size_t i = 0; i < names_.size(); ++i) {
            if (names_[i].starts_with('_') && !pattern.starts_with('_')) continue;
            if (!matches(pattern, names_[i])) continue;
            count(at);
            all.parts.push_back({.search = i});
        }
        if (all.parts.empty()) refuse(at, "no search matches " + std::string(at.text));
        return all;
    }

    void count(const word& at) {
        if (++nodes_ > condition_nodes_max)
            refuse(at, "condition has more than " + std::to_string(condition_nodes_max) + " parts");
    }

    std::string_view text_;
    std::span<const std::string> names_;
    std::size_t at_ = 0, depth_ = 0, nodes_ = 0;
    word next_;
};

}  // namespace

std::variant<condition, condition_fault> parse_condition(std::string_view text, std::span<const std::string> names) {
    if (text.size() > condition_text_max)
        return condition_fault{0, "condition longer than " + std::to_string(condition_text_max) + " bytes"};
    try {
        return condition_parser(text, names).parse();
    } catch (condition_fault& why) {
        return std::move(why);
    }
}

}  // namespace carrel::sigma
