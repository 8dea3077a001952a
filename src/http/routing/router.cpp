#include "http/routing/router.hpp"

#include "http/protocol/target.hpp"

namespace carrel::http {

namespace {

// Cuts `/a/b` into its segments; false if there are more than fit.
template <std::size_t Size>
bool cut(std::string_view path, std::array<std::string_view, Size>& segments, std::size_t& count) noexcept {
    count = 0;
    while (!path.empty()) {
        path.remove_prefix(1);  // the slash
        const auto end = std::min(path.find('/'), path.size());
        if (count == Size) return false;
        segments[count++] = path.substr(0, end);
        path.remove_prefix(end);
    }
    return true;
}

std::size_t index_of(method which) noexcept { return static_cast<std::size_t>(which); }

}  // namespace

std::string allow_text(method_set methods) {
    constexpr std::string_view names[] = {"GET, HEAD", "POST", "PUT", "PATCH", "DELETE"};
    std::string text;
    for (std::size_t i = 0; i < std::size(names); ++i)
        if ((methods >> i) & 1) text.append(names[i]).append(", ");
    return text.append("OPTIONS");
}

struct router::search {
    std::array<std::string_view, depth_max> segments;
    std::size_t count = 0;
    method wanted = method::get;
    std::array<std::string_view, 2> captured;
    std::size_t captures = 0;
    route found;
    std::array<std::string_view, 2> found_values;
};

router::router(std::span<const endpoint> endpoints)
    : nodes_(1) {
    for (const auto& each : endpoints) {
        std::array<std::string_view, depth_max> segments;
        std::size_t count = 0;
        cut(each.path, segments, count);
        std::size_t at = 0;
        for (std::size_t i = 0; i < count; ++i) at = child_for(at, segments[i]);
        nodes_[at].by_method[index_of(method_of(each.method))] = &each;
    }
}

std::size_t router::child_for(std::size_t parent, std::string_view segment) {
    const bool is_parameter = segment.starts_with('{');
    if (is_parameter && nodes_[parent].parameter != 0) return nodes_[parent].parameter;
    for (const auto& [name, index] : nodes_[parent].literals)
        if (!is_parameter && name == segment) return index;
    const auto made = nodes_.size();
    nodes_.emplace_back();
    if (is_parameter) nodes_[parent].parameter = made;
    else nodes_[parent].literals.emplace_back(segment, made);
    return made;
}

route router::find(std::string_view path, method wanted, path_values& values) const {
    search at;
    at.wanted = wanted;
    if (!path.starts_with('/')) return at.found;
    std::array<std::string, depth_max> decoded;
    if (!cut(path, at.segments, at.count)) return at.found;
    for (std::size_t i = 0; path.find('%') != std::string_view::npos && i < at.count; ++i) {
        if (!percent_decode(at.segments[i], false, decoded[i])) {
            at.found.is_badly_encoded = true;
            return at.found;
        }
        at.segments[i] = decoded[i];
    }
    walk(at, 0, 0);
    if (at.found.endpoint != nullptr)
        for (std::size_t i = 0; i < values.size(); ++i) values[i].assign(at.found_values[i]);
    return at.found;
}

void router::walk(search& at, std::size_t node_index, std::size_t depth) const {
    const auto& here = nodes_[node_index];
    if (depth == at.count) {
        for (std::size_t i = 0; i < here.by_method.size(); ++i)
            if (here.by_method[i] != nullptr) at.found.methods |= static_cast<method_set>(1u << i);
        const auto served = index_of(served_by(at.wanted));
        if (at.found.endpoint != nullptr || served >= here.by_method.size() || here.by_method[served] == nullptr)
            return;
        at.found.endpoint = here.by_method[served];
        at.found_values = at.captured;
        return;
    }
    const auto segment = at.segments[depth];
    for (const auto& [name, index] : here.literals)
        if (name == segment) walk(at, index, depth + 1);
    if (at.found.methods != 0) return;
    if (here.parameter == 0 || segment.empty() || at.captures == at.captured.size()) return;
    at.captured[at.captures++] = segment;
    walk(at, here.parameter, depth + 1);
    at.captured[--at.captures] = {};
}

}  // namespace carrel::http
