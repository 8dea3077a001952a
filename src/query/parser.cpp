#include "base/utf8.hpp"
#include "query/expression.hpp"
#include "query/limits.hpp"
#include "query/term_reader.hpp"

#include <algorithm>

namespace carrel::query {

namespace {

[[noreturn]] void fail(std::size_t at, std::string reason) { throw syntax_error{at, std::move(reason)}; }

expression joined(node_kind kind, std::vector<expression> parts) {
    if (parts.size() == 1) return std::move(parts.front());
    return {.kind = kind, .parts = std::move(parts), .leaf = {}};
}

expression negated(expression what) {
    std::vector<expression> parts;
    parts.push_back(std::move(what));
    return {.kind = node_kind::none_of, .parts = std::move(parts), .leaf = {}};
}

// NOT binds closer than AND, which may be left out, and AND closer than OR.
class parser {
public:
    parser(std::string_view text, const record_fields* of) noexcept
        : read_(text, of) {}

    expression run() {
        read_.skip_blanks();
        if (read_.done()) fail(0, "is empty");
        expression all = alternatives();
        if (!read_.done()) fail(read_.at(), "this parenthesis was not opened");
        return all;
    }

private:
    bool at_end_of_group() const noexcept {
        term_reader behind = read_;
        return behind.done() || behind.take(')');
    }

    expression alternatives() {
        std::vector<expression> parts;
        do {
            read_.skip_blanks();
            parts.push_back(conjunction());
        } while (read_.take_operator("OR"));
        return joined(node_kind::one_of, std::move(parts));
    }

    expression conjunction() {
        std::vector<expression> parts;
        parts.push_back(negation());
        for (;;) {
            read_.skip_blanks();
            if (at_end_of_group() || read_.is_operator("OR")) return joined(node_kind::all_of, std::move(parts));
            if (read_.take_operator("AND")) read_.skip_blanks();
            parts.push_back(negation());
        }
    }

    expression negation() {
        const std::size_t begin = read_.at();
        if (read_.take_operator("NOT")) {
            const nesting deeper(*this, begin);
            read_.skip_blanks();
            return negated(negation());
        }
        if (!read_.take('-')) return primary();
        term_reader behind = read_;
        behind.skip_blanks();
        if (behind.done() || behind.at() != read_.at() || behind.take('-') || behind.take(')'))
            fail(begin, "a '-' must stand right before what it excludes; write \\- for the character");
        return negated(primary());
    }

    expression primary() {
        const std::size_t begin = read_.at();
        for (const std::string_view word : {"AND", "OR"})
            if (read_.is_operator(word))
                fail(begin, std::string(word) + " needs a term on both sides; write it in quotes for the word");
        if (read_.is_operator("NOT")) fail(begin, "NOT cannot stand here; write it in quotes for the word");
        if (at_end_of_group()) fail(begin, "a term is missing here");
        if (read_.take('(')) {
            const nesting deeper(*this, begin);
            expression inner = alternatives();
            if (!read_.take(')')) fail(begin, "the parenthesis is not closed");
            return inner;
        }
        std::vector<expression> parts;
        for (term& each : read_.read()) {
            terms_ += std::max<std::size_t>(each.words.size(), 1);
            if (terms_ > terms_max) fail(begin, "must have at most " + std::to_string(terms_max) + " words");
            parts.push_back({.kind = node_kind::term, .parts = {}, .leaf = std::move(each)});
        }
        return joined(node_kind::all_of, std::move(parts));
    }

    class nesting {
    public:
        nesting(parser& of, std::size_t at)
            : of_(of) {
            if (++of_.depth_ > nesting_max) fail(at, "is nested more than " + std::to_string(nesting_max) + " deep");
        }
        ~nesting() { --of_.depth_; }
        nesting(const nesting&) = delete;
        nesting& operator=(const nesting&) = delete;

    private:
        parser& of_;
    };

    term_reader read_;
    std::size_t depth_ = 0, terms_ = 0;
};

std::size_t valid_utf8(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t size = json::first_code_point(text.substr(at)).size;
        if (size == 0) break;
        at += size;
    }
    return at;
}

}  // namespace

std::variant<expression, syntax_error> parse(std::string_view text, const record_fields* of) {
    try {
        const std::size_t valid = valid_utf8(text);
        if (valid > text_max) fail(text_max, "must have at most " + std::to_string(text_max) + " bytes");
        if (valid < text.size()) fail(valid, "is not UTF-8");
        return parser(text, of).run();
    } catch (syntax_error& error) {
        error.position = json::count_code_points(text.substr(0, error.position)) + 1;
        return std::move(error);
    }
}

}  // namespace carrel::query
