#include "query/record_matcher.hpp"

namespace carrel::query {

record_matcher::record_matcher(const expression& of)
    : root_(compile(of, leaves_)) {}

void record_matcher::begin() noexcept {
    for (leaf& each : leaves_) each.known = truth::no;
}

template <class Test>
void record_matcher::settle(std::string_view field, const Test& test) {
    for (leaf& each : leaves_)
        if (each.known == truth::no && each.of().path == field && test(each)) each.known = truth::yes;
}

void record_matcher::text(std::string_view field, std::string_view value, bool is_searched) {
    tested_.clear();
    for (leaf& each : leaves_) {
        const auto& path = each.of().path;
        if (each.known == truth::no && (path == field || (is_searched && path.empty()))) tested_.push_back(&each);
    }
    test_all(tested_, value, folded_);
}

void record_matcher::time(std::string_view field, std::int64_t value) {
    settle(field, [&](const leaf& each) { return each.passes(value); });
}

void record_matcher::exists(std::string_view field) {
    settle(field, [](const leaf& each) { return each.of().test == test_kind::exists; });
}

bool record_matcher::matches() const {
    return evaluate(root_, [&](std::size_t number) { return leaves_[number].known; }) == truth::yes;
}

}  // namespace carrel::query
