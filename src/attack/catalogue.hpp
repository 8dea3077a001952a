#pragma once

#include "attack/findings.hpp"
#include "attack/objects.hpp"
#include "base/siphash.hpp"

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace carrel::attack {

struct stix_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view id) const noexcept { return base::keyed_hash(id); }
};
template <class Value>
using by_stix_id = std::unordered_map<std::string, Value, stix_hash, std::equal_to<>>;

struct relationship {
    std::string type, stix_id, source, target;
};

/// The objects of ATT&CK in a bundle, before they are related to each other.
struct catalogue {
    std::vector<read_matrix> matrices;
    std::vector<tactic> tactics;
    std::vector<read_technique> techniques;
    std::vector<data_source> data_sources;
    std::vector<read_component> components;
    std::vector<detection_strategy> strategies;
    std::vector<analytic> analytics;
    std::vector<relationship> relationships;
};

/// Finds the objects of a list by their STIX ids. The list must not change meanwhile.
template <class Entry>
by_stix_id<Entry*> index_of(std::vector<Entry>& entries) {
    by_stix_id<Entry*> found;
    for (auto& each : entries) found.emplace(each.stix_id, &each);
    return found;
}
template <class Value>
Value found_in(const by_stix_id<Value>& index, std::string_view id) noexcept {
    const auto at = index.find(id);
    return at == index.end() ? nullptr : at->second;
}

/// Fills in what objects say of each other: parents, successors, tactics, sources of data, detection.
void relate(catalogue& all, findings& found);

}  // namespace carrel::attack
