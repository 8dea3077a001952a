#include "sigma/detection_reader.hpp"

#include "sigma/modifiers.hpp"

#include <algorithm>

namespace carrel::sigma {

namespace {

/// Where the character `at` of a node's text stands; its start where escapes or folding make that unknown.
std::size_t offset_within(const yaml_node& node, std::size_t at) noexcept {
    return node.plain && node.text.find('\n') == node.text.npos ? node.offset + at : node.offset;
}

std::vector<placed_modifier> chain_of(const yaml_node& key, field_test& into, fault_log& log) {
    std::vector<placed_modifier> chain;
    std::string_view rest = key.text;
    const std::size_t end = rest.find('|');
    into.field = std::string(rest.substr(0, end));
    for (std::size_t at = end; at != rest.npos;) {
        const std::size_t next = rest.find('|', at + 1);
        const std::string_view name = rest.substr(at + 1, next == rest.npos ? next : next - at - 1);
        if (const auto which = modifier_named(name)) {
            chain.push_back({*which, offset_within(key, at + 1)});
            into.modifiers.emplace_back(name);
        } else {
            log.add(offset_within(key, at + 1),
                    name.empty() ? "a modifier is expected behind |" : "unknown modifier " + std::string(name));
        }
        at = next;
    }
    return chain;
}

bool needs_field(modifier which) noexcept {
    switch (which) {
        case modifier::exists:
        case modifier::field_ref:
        case modifier::less:
        case modifier::at_most:
        case modifier::greater:
        case modifier::at_least:
        case modifier::minute:
        case modifier::hour:
        case modifier::day:
        case modifier::week:
        case modifier::month:
        case modifier::year: return true;
        default: return false;
    }
}

/// What no value could mend; whether there is nothing.
bool check_chain(std::span<const placed_modifier> chain, const field_test& test, fault_log& log) {
    if (chain.size() > modifiers_max) {
        log.add(chain[modifiers_max].offset, "more than " + std::to_string(modifiers_max) + " modifiers");
        return false;
    }
    for (const placed_modifier& each : chain) {
        const std::string name(name_of(each.which));
        if (test.field.empty() && needs_field(each.which)) {
            log.add(each.offset, name + " needs a field");
            return false;
        }
        const bool alone = each.which == modifier::exists;
        if (alone && chain.size() > 1) {
            log.add(each.offset, name + " stands with no other modifier");
            return false;
        }
    }
    return true;
}

}  // namespace

bool read_condition_text(condition& into, const yaml_node& node, std::span<const std::string> names, fault_log& log) {
    if (!node.is_text()) {
        log.add(node, "a condition is a text");
        return false;
    }
    auto parsed = parse_condition(node.text, names);
    if (auto* why = std::get_if<condition_fault>(&parsed)) {
        log.add(offset_within(node, why->offset), why->detail);
        return false;
    }
    into = std::get<condition>(std::move(parsed));
    return true;
}

detection detection_reader::read(const yaml_node& map, std::span<const std::string_view> others) {
    detection made;
    for (const auto& [key, node] : map.members) {
        if (log_.is_full()) return made;
        if (key->text == "condition" || std::find(others.begin(), others.end(), key->text) != others.end()) continue;
        if (key->text == "timeframe") {
            log_.add(*key, "timeframe was replaced by correlation rules");
        } else if (key->text.size() > search_name_max) {
            log_.add(*key, "name of a search is longer than " + std::to_string(search_name_max) + " bytes");
        } else if (made.searches.size() == searches_max) {
            log_.add(*key, "more than " + std::to_string(searches_max) + " searches");
            return made;
        } else {
            made.searches.push_back({key->text, read_search(*node)});
        }
    }
    if (made.searches.empty()) log_.add(map, "there is no search");
    else read_condition(made, map);
    return made;
}

search detection_reader::read_search(const yaml_node& node) {
    if (node.is_map()) return read_map(node);
    if (node.is_list()) return read_list(node);
    return read_test(nullptr, node);
}

search detection_reader::read_map(const yaml_node& node) {
    search made{.kind = search::kinds::all_of};
    if (node.members.empty()) log_.add(node, "an empty map matches nothing");
    for (const auto& [key, inner] : node.members) {
        if (log_.is_full()) break;
        made.parts.push_back(read_test(key, *inner));
    }
    return made;
}

search detection_reader::read_list(const yaml_node& node) {
    const bool words = std::none_of(node.items.begin(), node.items.end(),
                                    [](const yaml_node* each) { return each->is_map() || each->is_list(); });
    if (words) return read_test(nullptr, node);
    search made{.kind = search::kinds::one_of};
    for (const yaml_node* each : node.items) {
        if (log_.is_full()) break;
        made.parts.push_back(read_search(*each));
    }
    return made;
}

search detection_reader::read_test(const yaml_node* key, const yaml_node& node) {
    search made;
    std::vector<placed_modifier> chain;
    if (key != nullptr) chain = chain_of(*key, made.test, log_);
    const bool known = chain.size() == made.test.modifiers.size() &&
                       (key == nullptr || std::count(key->text.begin(), key->text.end(), '|') ==
                                              static_cast<std::ptrdiff_t>(chain.size()));
    if (!known || !check_chain(chain, made.test, log_)) return made;
    for (const placed_modifier& each : chain) {
        made.test.all = made.test.all || each.which == modifier::all;
        made.test.negated = made.test.negated || each.which == modifier::negate;
    }
    read_values(made.test, node, chain);
    return made;
}

void detection_reader::read_values(field_test& into, const yaml_node& node, std::span<const placed_modifier> chain) {
    const auto take = [&](const yaml_node& each) {
        if (each.is_null() && into.field.empty()) return log_.add(each, "null needs a field");
        auto made = value_maker(log_, chain).make(each, expressions_);
        if (made && count_value(*made, each)) into.values.push_back(std::move(*made));
    };
    if (!node.is_list()) return take(node);
    if (node.items.empty()) log_.add(node, "an empty list matches nothing");
    for (const yaml_node* each : node.items) {
        if (log_.is_full()) return;
        if (each->is_null()) log_.add(*each, "null does not stand in a list");
        else take(*each);
    }
}

bool detection_reader::count_value(const value& made, const yaml_node& node) {
    const auto* several = std::get_if<alternatives>(&made.is);
    values_ += several == nullptr ? 1 : several->of.size();
    bytes_ += bytes_of(made);
    if (values_ <= values_max && bytes_ <= value_bytes_max) return true;
    log_.add(node, "too many values with what modifiers make of them");
    return false;
}

void detection_reader::read_condition(detection& into, const yaml_node& map) {
    const yaml_node* node = map.find("condition");
    if (node == nullptr) return log_.add(map, "there is no condition");
    std::vector<std::string> names;
    for (const named_search& each : into.searches) names.push_back(each.name);
    if (!node->is_list()) {
        read_condition_text(into.when, *node, names, log_);
        return;
    }
    if (node->items.empty()) return log_.add(*node, "there is no condition");
    into.when.kind = condition::kinds::one_of;
    std::size_t bytes = 0;
    for (const yaml_node* each : node->items) {
        bytes += each->text.size();
        if (bytes > condition_text_max)
            return log_.add(*each, "conditions longer than " + std::to_string(condition_text_max) + " bytes");
        condition one;
        if (read_condition_text(one, *each, names, log_)) into.when.parts.push_back(std::move(one));
        if (log_.is_full()) return;
    }
}

}  // namespace carrel::sigma
