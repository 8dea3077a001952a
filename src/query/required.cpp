#include "query/required.hpp"

#include "query/tokens.hpp"

namespace carrel::query {

namespace {

using kind = requirement::kind;

requirement one(std::uint64_t token) { return {.is = kind::token, .token = token, .parts = {}}; }
requirement path(std::uint64_t token) { return {.is = kind::path, .token = token, .parts = {}}; }

requirement all(std::vector<requirement> parts) {
    std::erase_if(parts, [](const requirement& part) { return part.is == kind::anything; });
    if (parts.empty()) return {};
    if (parts.size() == 1) return std::move(parts.front());
    return {.is = kind::all_of, .token = 0, .parts = std::move(parts)};
}

requirement any(std::vector<requirement> parts) {
    for (const requirement& part : parts)
        if (part.is == kind::anything) return {};
    return {.is = kind::one_of, .token = 0, .parts = std::move(parts)};
}

requirement of_term(const term& leaf) {
    if (leaf.of != column::none) return {};
    std::vector<requirement> parts;
    const std::uint64_t key = key_token(leaf.path);
    if (!leaf.path.empty()) parts.push_back(path(key));
    if (leaf.test == test_kind::equals) {
        parts.push_back(one(value_token(key, leaf.value)));
        return all(std::move(parts));
    }
    for (const word& each : leaf.words)
        if (!each.prefix && !each.inside) parts.push_back(one(word_token(each.text)));
    return all(std::move(parts));
}

}  // namespace

requirement required_tokens(const expression& of) {
    if (of.kind == node_kind::none_of) return {};
    if (of.kind == node_kind::term) return of_term(of.leaf);
    std::vector<requirement> parts;
    for (const expression& part : of.parts) parts.push_back(required_tokens(part));
    return of.kind == node_kind::all_of ? all(std::move(parts)) : any(std::move(parts));
}

}  // namespace carrel::query
