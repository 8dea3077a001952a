#pragma once

#include "query/expression.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace carrel::query {

/// What is known of a test before all of an event was read.
enum class truth : std::uint8_t { no, maybe, yes };

/// One test of an expression, and how it stands with the event at hand.
class leaf {
public:
    explicit leaf(const term& of);

    const term& of() const noexcept { return of_; }
    /// What must occur in a literal text (see `needle.hpp`) of an event that passes: lower-case letters and digits.
    const std::vector<std::string>& needles() const noexcept { return needles_; }
    /// Whether no literal text that is ASCII passes.
    bool is_beyond_ascii() const noexcept { return beyond_ascii_; }

    /// The words of one value follow, by `hear`.
    void begin_value() noexcept { progress_ = 0; }
    /// Whether the words of the phrase are complete. `run` is letters and digits in any case.
    bool take_ascii(std::string_view run) noexcept {
        return advance([&](const word& each) { return is_same(each, run); });
    }
    bool take_folded(std::string_view folded) noexcept;

    /// Whether the text of a value passes a test of another kind than `words`.
    bool passes(std::string_view value) const;
    bool passes(std::int64_t time) const noexcept;
    /// Whether a text passes, of any kind of test.
    bool passes_whole(std::string_view text, std::string& scratch) noexcept;

    truth known = truth::maybe;

private:
    // Bit i of the progress: the words up to number i of the phrase were the last ones read.
    template <class Same>
    bool advance(const Same& same) noexcept {
        std::uint64_t hit = 0;
        for (std::size_t i = 0; i < of_.words.size(); ++i)
            if (same(of_.words[i])) hit |= std::uint64_t{1} << i;
        progress_ = (progress_ << 1 | 1) & hit;
        return (progress_ & last_) != 0;
    }
    static bool is_same(const word& each, std::string_view run) noexcept {
        const std::size_t size = each.text.size();
        if (each.prefix ? run.size() < size : run.size() != size) return false;
        for (std::size_t i = 0; i < size; ++i)
            if ((run[i] | 0x20) != each.text[i]) return false;
        return true;
    }

    term of_;
    std::vector<std::string> needles_;
    bool beyond_ascii_ = false;
    std::uint64_t last_ = 0, progress_ = 0;
};

/// Sets `known` to yes for those of the leaves whose test a text passes. The text is cut into words once for all of them.
/// `among` is left in any order, and with fewer leaves.
void test_all(std::vector<leaf*>& among, std::string_view text, std::string& scratch);

/// An expression whose terms are numbers of leaves.
struct node {
    node_kind kind = node_kind::all_of;
    std::vector<node> parts;
    std::size_t leaf = 0;
};

node compile(const expression& of, std::vector<leaf>& leaves);

/// What follows from what is known of the leaves; `look(number)` says it.
template <class Look>
truth evaluate(const node& of, const Look& look) {
    if (of.kind == node_kind::term) return look(of.leaf);
    if (of.kind == node_kind::none_of) {
        const truth inner = evaluate(of.parts.front(), look);
        return inner == truth::maybe ? inner : inner == truth::yes ? truth::no : truth::yes;
    }
    const truth decides = of.kind == node_kind::all_of ? truth::no : truth::yes;
    truth all = of.kind == node_kind::all_of ? truth::yes : truth::no;
    for (const node& part : of.parts) {
        const truth one = evaluate(part, look);
        if (one == decides) return one;
        if (one == truth::maybe) all = one;
    }
    return all;
}

}  // namespace carrel::query
